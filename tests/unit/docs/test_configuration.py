import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from settings import Settings, Variable

ROOT = Path(__file__).parents[3]
PROGRAMS = ("admin", "credentials", "devstack", "simulator", "sync", "webhooks")
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>[^|]*) \|", re.MULTILINE)


def variables(*packages: str) -> dict[str, Variable]:
    for package in packages:
        for module in iter_modules([str(ROOT / package)]):
            if module.name != "__main__":
                import_module(f"{package}.{module.name}")
    classes = [each for each in subclasses(Settings) if each.__module__.split(".")[0] in packages]
    return {variable.name: variable for each in classes for variable in each.variables()}


def subclasses(cls: type[Settings]) -> Iterator[type[Settings]]:
    for each in cls.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_variable_is_documented_with_its_default() -> None:
    documented = {
        row["name"]: row["default"].strip() for row in ROW.finditer((ROOT / "docs/configuration.md").read_text())
    }
    assert documented == {
        name: "required" if variable.required else "" if variable.default is None else f"`{variable.default}`"
        for name, variable in variables(*PROGRAMS).items()
    }


def test_the_example_names_what_a_deployment_sets() -> None:
    named = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == set(variables("admin", "sync", "webhooks"))
