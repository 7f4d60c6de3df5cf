"""Other tools' files to specs. The only rooms of the compiler that know another tool's words."""
