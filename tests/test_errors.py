"""What is wrong with a spec, to the letter: each bad spec of `bad_specs/` beside its message."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from gangen.catalogue import Catalogue, shipped
from gangen.compose import compile_spec
from gangen.errors import Problem, SpecError

FOLDER = Path(__file__).parent / "bad_specs"
BAD = sorted(path.stem for path in FOLDER.glob("*.yaml"))
PACKAGE = Path(__file__).parents[1] / "gangen"
CATALOGUE = Catalogue((shipped(),))

GOOD = """\
gangen: 1
name: good
data: {source: ring}
generator: {architecture: mlp}
discriminator:
  layers:
    - linear: {features: 16}
    - relu
    - linear: {features: 1}
penalties: [gradient_penalty]
"""
# The message of assignments that spoil GOOD is in bad_specs/set_<name>.txt.
SETS: dict[str, tuple[str, ...]] = {
    "type": ("training.steps=many",),
    "range": ("training.batch_size=0", "latent.dim=-1"),
    "unknown_key": ("training.stepz=3",),
    "unknown_section": ("trainig.steps=3",),
    "unknown_name": ("objective.loss=hing",),
    "preset": ("preset=dcgan@radfrd2015",),
    "preset_that_fits_not": ("preset=dcgan@radford2015", "~generator.architecture"),
    "no_value": ("training.steps",),
    "value_for_reset": ("~latent=3",),
    "empty_part": ("training..steps=3",),
    "no_such_item": ("discriminator.layers.7.linear.features=3",),
    "item_of_a_section": ("training.0=3",),
    "into_a_scalar": ("name.first=x",),
    "append_to_text": ("name+=x",),
    "append_unknown": ("penalties+=r3",),
    "yaml": ("latent={dim: 3",),
    "shape": ("discriminator.layers.2.linear.features=2",),
    "conflict": ("discriminator.layers+=sigmoid",),
    "needs": ("objective.loss=wasserstein", "penalties=[]"),
    "steps_after_epochs": ("training.epochs=5", "training.steps=100"),
    "network": ("penalties=[{orthogonal: {network: critic}}]",),
    "augmentation": ("augment+={pack: {samples: 7}}", "condition=labels"),
    "codes": ("penalties+=mutual_information",),
    "two_sources": ("latent.dim=3.5", "nonsense=1"),
    "hostile": ("\x1b[31m\u202e=\r\n{{7*7}}",),
    "nothing_to_reset": ("~training.stepz", "latent.dim=0"),
}
LOADING = "yaml-size"  # its spec would be a megabyte; test_load.py has it


def refused(name: str, *assignments: str, text: str | None = None) -> SpecError:
    with pytest.raises(SpecError) as caught:
        compile_spec(Path(name), CATALOGUE, assignments, text)
    return caught.value


def spoiled(name: str) -> SpecError:
    """The error of one case: a file of the folder, or assignments to the good spec."""
    if name in BAD:
        return refused(f"{name}.yaml")
    return refused("good.yaml", *SETS[name.removeprefix("set_")], text=GOOD)


CASES = [*BAD, *(f"set_{name}" for name in SETS)]


@pytest.fixture(autouse=True)
def _in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)  # so that messages show a spec by its name alone


@pytest.mark.parametrize("name", CASES)
def test_message(name: str, request: pytest.FixtureRequest) -> None:
    error = spoiled(name)
    assert error.exit_code == 2
    message, file = f"{error.render()}\n", FOLDER / f"{name}.txt"
    if request.config.getoption("--update-messages"):
        file.write_text(message, encoding="utf-8", newline="\n")
    assert message == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_message_is_one_for_people(name: str) -> None:
    problems = spoiled(name).problems
    assert any(problem.severity == "error" for problem in problems)
    for problem in problems:
        assert problem.place is not None
        assert place_is_marked(problem), problem
        text = problem.render()
        assert text.replace("\n", "").isprintable()
        foreign = r"pydantic|Traceback|https?:|<class|None\b|Extra inputs|\(\)|  +has no key"
        assert not re.search(foreign, problem.message), text
        assert says_what_to_do(problem), text
    assert [place_of(p) for p in problems] == sorted(place_of(p) for p in problems)
    said = [(p.code, p.message, p.place) for p in problems]
    assert len(said) == len(set(said)), "the same fault twice"


def place_of(problem: Problem) -> tuple[str, int, int]:
    assert problem.place is not None
    return problem.place.source.name, problem.place.line, problem.place.column


def place_is_marked(problem: Problem) -> bool:
    """The carets stand inside the line, or the line is empty."""
    assert problem.place is not None
    line = problem.place.source.line(problem.place.line)
    return not line or 0 < problem.place.column <= len(line) + 1


# Messages whose words are the instruction: "given twice", "a second document begins here".
PLAIN = {"duplicate-key", "yaml-nodes", "yaml-depth", "yaml-documents", "yaml-top", "yaml-alias"}
PLAIN |= {"yaml-syntax", "yaml-encoding", "set-path"}


def says_what_to_do(problem: Problem) -> bool:
    return problem.code in PLAIN or problem.help is not None or "; did you mean" in problem.message


def test_every_message_has_its_spec() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(CASES)
    assert len(BAD) >= 50


def test_every_code_occurs() -> None:
    emitted = {code for path in PACKAGE.glob("*.py") for code in codes(path)}
    found = {problem.code for name in CASES for problem in spoiled(name).problems}
    assert emitted - found == {LOADING}
    assert found <= emitted


def codes(path: Path) -> Sequence[str]:
    """The codes that a module gives to problems: `add("code", …)`, `fail("code", …)`, code_of."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        arguments: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            adds = node.func.attr in ("add", "fail", "_wrong_value")
            arguments = [a for a in node.args[:2] if adds]
        elif isinstance(node, ast.FunctionDef) and node.name == "code_of":
            returns = [n for n in ast.walk(node) if isinstance(n, ast.Return)]
            arguments = [n.value for n in returns if n.value is not None]
        texts = [a.value for a in arguments if isinstance(a, ast.Constant)]
        found += [t for t in texts if isinstance(t, str) and re.fullmatch("[a-z]+(-[a-z]+)*", t)]
    return found


def test_one_wrong_network_does_not_hide_the_other() -> None:
    codes = [problem.code for problem in refused("one_network_wrong_other_checked.yaml").problems]
    assert codes == ["type", "shape"]


def test_colour_changes_no_word() -> None:
    error = refused("several_in_order.yaml")
    assert re.sub(r"\x1b\[\d+m", "", error.render(color=True)) == error.render()


def test_good_specs_are_good() -> None:
    """What the bad ones are one step away from."""
    compile_spec(Path("good.yaml"), CATALOGUE, text=GOOD)
    compile_spec(Path("good.yaml"), CATALOGUE, ["objective.loss=wasserstein"], GOOD)
    compile_spec(Path("good.yaml"), CATALOGUE, ["training.epochs=5"], GOOD)
    codes = ["latent.categorical=[10]", "penalties+=mutual_information"]
    compile_spec(Path("good.yaml"), CATALOGUE, codes, GOOD)


def test_epochs_replace_the_steps_of_a_preset() -> None:
    preset = next(name for name in CATALOGUE.names("presets") if name.startswith("wgan-gp-toy"))
    text = f"gangen: 1\nname: good\npreset: {preset}\ndata: grid\n"
    assert compile_spec(Path("good.yaml"), CATALOGUE, ["training.epochs=5"], text)
    error = refused("good.yaml", "training.steps=100", text=f"{text}training: {{epochs: 5}}\n")
    assert [problem.code for problem in error.problems] == ["conflict"]
