"""Makes what comes from elsewhere in this repository: the contract and its types from `wit/contract.json`, what policies may use of WebAssembly, and the default policy's component.

`SCOPEGATE` names the program that builds the component; without it cargo runs it.
"""

import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TO = HERE.parent / "scopegate"


def main() -> None:
    contract = json.loads((ROOT / "wit/contract.json").read_text())
    (TO / "_types.py").write_text(types(contract))
    for described in contract["types"].values():
        described.pop("docs", None)
        for field in described.get("record", []):
            field.pop("docs", None)
    (TO / "_contract.json").write_text(json.dumps(contract, separators=(",", ":")))
    webassembly = json.loads((ROOT / "wit/webassembly.json").read_text())
    (TO / "_webassembly.json").write_text(json.dumps(webassembly, separators=(",", ":")))
    program = os.environ.get("SCOPEGATE")
    command = [program] if program else ["cargo", "run", "--quiet", "--package", "scopegate-cli", "--"]
    rules = ROOT / "policies/webriskops/1.1.0/policy.toml"
    subprocess.run([*command, "build", rules, "-o", TO / "default.wasm"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def types(contract: dict) -> str:
    parts = [
        '"""The contract\'s types, as JSON has them. Made by scripts/generate.py from wit/contract.json."""\n',
        "from typing import Literal, NotRequired, TypeAlias, TypedDict\n",
        "AttributeValue: TypeAlias = str | int | bool | list[str]\n",
    ]
    written: set[str] = set()

    def write(name: str) -> None:
        described = contract["types"][name]
        if name in written or name == "attribute" or "variant" in described:
            return
        written.add(name)
        if "enum" in described:
            cases = ", ".join(json.dumps(case) for case in described["enum"])
            parts.append(f"{pascal(name)}: TypeAlias = Literal[{cases}]\n")
            return
        lines = []
        for field in described["record"]:
            for used in uses(field["type"]):
                if used in contract["types"]:
                    write(used)
            python = written_as(field["type"])
            if name == "request" and field["name"] == "attributes":
                python = "dict[str, AttributeValue]"
            may_lack = isinstance(field["type"], dict) and "option" in field["type"] or name == "request" and field["name"] in ("now", "attributes")
            if may_lack:
                python = f"NotRequired[{python.removesuffix(' | None')} | None]"
            docs = " ".join(field["docs"].split())
            lines.append(f'    {field["name"]}: {python}\n    """{docs}"""\n')
        docs = " ".join(described["docs"].split())
        parts.append(f'\nclass {pascal(name)}(TypedDict):\n    """{docs}"""\n\n' + "\n".join(lines) + "\n")

    for name in contract["types"]:
        write(name)
    return "\n".join(parts)


def uses(written: object) -> list[str]:
    while isinstance(written, dict):
        (written,) = written.values()
    return [str(written)]


def written_as(written: object) -> str:
    if isinstance(written, dict):
        if "list" in written:
            return f"list[{written_as(written['list'])}]"
        return f"{written_as(written['option'])} | None"
    scalars = {"string": "str", "bool": "bool", "u32": "int", "u64": "int", "s64": "int", "time": "str"}
    return scalars.get(str(written)) or pascal(str(written))


def pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


if __name__ == "__main__":
    main()
