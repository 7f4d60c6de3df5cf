"""Everything with everything: whatever the compiler lets through trains, and pulls the right way.

Mixes of all slots of a spec are drawn from the catalogue (`mix.py`, `mix_search.py`): those that
compile are run (`mix_run.py`), of the others the refusal is looked at. By default a spread of mixes
that has every choice in it; with `-m slow` every two choices that go together, and the page
templates/COMPATIBILITY.md.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
import torch
from mix import CATALOGUE, FAMILY, Mix, axes, compiled, mixes, spec_of, values_of
from mix_run import complaints, exempt, run
from mix_search import Search, pairs_of
from mix_table import PAGE, page, words

from gangen import cli
from gangen.compose import Compiled, compile_spec
from gangen.importers.ibm_keys import CHOICES

SPREAD = 32  # mixes in the default run
TOOLKIT = [choice for choice in CHOICES if choice not in ("custom", "seq_gan")]  # its images
SMALL = ("training.batch_size=8", "training.log_every=1", "training.d_steps=2")
LONG = ("training.epochs=1", "training.epochs=null", "training.steps=2")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # tiny tensors
    yield
    torch.set_num_threads(threads)


def findings(mixes: Iterable[Mix], folder: Path) -> list[str]:
    """What is wrong with the projects of mixes; each is run, and now and then in other words."""
    found = []
    for number, mix in enumerate(mixes):
        plain, turned = spec_of(mix), spec_of(mix, number)
        for text in dict.fromkeys([plain, turned]):
            result = compiled(text)
            if isinstance(result, Compiled):
                wrong = run(result, folder / "project")
                shutil.rmtree(folder / "project")
            else:
                assert text != plain
                wrong = complaints(result, text)
            found += [f"{what}\n{text}" for what in wrong]
    return found


def refusals(search: Search) -> list[str]:
    """What is wrong with the compiler's refusals."""
    found = ((text, what) for text, e in search.errors.items() for what in complaints(e, text))
    return [f"{what}\n{text}" for text, what in found]


def test_a_spread_of_mixes_trains_and_pulls_the_right_way(tmp_path: Path) -> None:
    search = Search(tuple(axes()))
    mixes = list(search.mixes(SPREAD))
    assert findings(mixes, tmp_path) == []
    assert len(search.errors) > 100
    assert refusals(search) == []


def test_every_component_of_a_slot_is_a_value() -> None:
    names = {value.name.partition(" ")[0] for values in axes().values() for value in values}
    for kind in ("losses", "penalties", "conditioning", "augmentations", "reparametrizations"):
        assert set(CATALOGUE.names(kind)) <= names
    for kind in ("initializers", "optimizers", "schedules"):
        assert set(CATALOGUE.names(kind)) <= names
    assert {component.name for component in CATALOGUE.all("data") if mixes(component)} <= names
    builders = {role.builder for role in FAMILY.roles.values()}
    able = {c.name for c in CATALOGUE.all("architectures") if builders & c.functions.keys()}
    assert able <= names


def test_only_a_loss_that_says_so_is_not_asked_for_its_signs() -> None:
    faithful = [c.name for c in CATALOGUE.all("losses") if c.constant("FAITHFUL")]
    assert len(faithful) < len(CATALOGUE.names("losses")) / 2
    search = Search(tuple(axes()))
    for name in CATALOGUE.names("losses"):
        value = next(v for v in axes()["loss"] if v.name == name)
        mix, *_ = search.homes(value)
        result = compiled(spec_of({**search.plain, **mix}))
        assert isinstance(result, Compiled)
        assert exempt(result) == (name in faithful)


def test_the_page_has_what_components_say(request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if request.config.getoption("--update-compatibility"):
        _, line, rest = text.partition("\n## What the compiler refuses")
        PAGE.write_text(words() + line + rest, encoding="utf-8")
        text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(words()), "pytest tests/test_mix.py --update-compatibility"


# ------------------------------------------------------------------ the IBM GAN Toolkit's choices


def imported(generator: str, discriminator: str, folder: Path) -> tuple[int, str, str]:
    """Exit code, the spec, what was said."""
    config = {
        "generator": {"choice": generator},
        "discriminator": {"choice": discriminator},
        "data_path": "d.p",
    }
    if "cgan" in (generator, discriminator):
        config["GAN_model"] = {"data_label": "1", "classes": "10"}
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = cli.run(["import", "ibm", str(path), "-o", "-"])
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(("generator", "discriminator"), list(product(TOOLKIT, TOOLKIT)))
def test_every_pair_of_the_toolkits_networks_compiles_or_says_why_not(
    tmp_path: Path, generator: str, discriminator: str
) -> None:
    code, text, said = imported(generator, discriminator, tmp_path)
    if code:
        assert said.count("error[ibm-cannot-run]") == 1
        assert "cgan" in (generator, discriminator)
        assert generator != discriminator
    else:
        assert compile_spec(tmp_path / "spec.yaml", CATALOGUE, SMALL, text).plan.networks


@pytest.mark.slow
@pytest.mark.parametrize(("generator", "discriminator"), list(product(TOOLKIT, TOOLKIT)))
def test_every_legal_pair_of_the_toolkits_networks_trains_once_repaired(
    tmp_path: Path, generator: str, discriminator: str
) -> None:
    code, text, _ = imported(generator, discriminator, tmp_path)
    if code == 0:
        result = compile_spec(tmp_path / "spec.yaml", CATALOGUE, (*SMALL, *LONG), text)
        assert not exempt(result)
        assert run(result, tmp_path / "project") == []


# ------------------------------------------------------------------ the wide matrix


@cache
def wide() -> tuple[Search, list[Mix]]:
    """Every pair that goes together, in some mix."""
    search = Search(tuple(axes()), patience=3)
    return search, list(search.mixes())


@pytest.mark.slow
def test_every_pair_that_goes_together_trains_and_pulls_the_right_way(tmp_path: Path) -> None:
    search, mixes = wide()
    covered = {pair for mix in mixes for pair in pairs_of(mix)}
    assert set(search.pairs()) <= covered | search.refused.keys() | search.homeless
    assert {value for mix in mixes for value in values_of(mix)} >= {
        value for value in search.values if search.homes(value)
    }
    assert findings(mixes, tmp_path) == []
    assert refusals(search) == []


@pytest.mark.slow
def test_the_page_is_up_to_date(request: pytest.FixtureRequest) -> None:
    expected = page(wide()[0])
    if request.config.getoption("--update-compatibility"):
        PAGE.write_text(expected, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == expected
