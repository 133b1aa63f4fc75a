"""Is this package what was handed over, and is its evidence what the ledger says? Needs only Python 3.9.

    python kit/check.py            in the package's folder, or: python check.py FOLDER

Reads every file of the package: its digest against MANIFEST.sha256, every ledger entry's digest against the
entry after it, and every file of evidence against the digest the ledger names. Asks no network.

Exit codes: 0 everything is as it should be; 1 something differs, and what; 3 it could not be checked.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

MANIFEST = "MANIFEST.sha256"


def digest(path):
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with Path(path).open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def manifest(folder):
    """Yield what is wrong with the files of the package, and what was never in it."""
    listed = {}
    for line in (folder / MANIFEST).read_text(encoding="utf-8").splitlines():
        sha256, _, name = line.partition("  ")
        listed[name] = sha256
    there = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST and "__pycache__" not in path.parts
    }
    for name in sorted(there - set(listed)):
        yield f"{name}: it was not in the package"
    for name, sha256 in sorted(listed.items()):
        if name not in there:
            yield f"{name}: it is missing"
        elif digest(folder / name) != sha256:
            yield f"{name}: it was altered: its digest is not the one in {MANIFEST}"


def ledger(store):
    """Yield what is wrong with the ledger and the evidence it names."""
    previous, expected = None, 1
    for path in sorted((store / "ledger").glob("*.json")):
        content = path.read_bytes()
        statement = json.loads(base64.b64decode(json.loads(content)["payload"]))
        entry = statement["predicate"]
        if entry["number"] != expected:
            yield f"ledger/{path.name}: it says it is entry {entry['number']}, expected {expected}"
        if previous is not None and entry["previous"] != previous:
            yield f"ledger/{path.name}: it does not follow the entry before it, which was altered or replaced"
        for subject in statement["subject"]:
            name, said = subject["name"], subject["digest"]["sha256"]
            if "/" not in name:
                continue  # the digest of what the entry itself says
            file = store / name
            if not file.is_file():
                yield f"{name}: the ledger names it (entry {entry['number']}), and it is missing"
            elif digest(file) != said:
                yield f"{name}: it is not what entry {entry['number']} of the ledger says"
        previous, expected = hashlib.sha256(content).hexdigest(), entry["number"] + 1


def main(folder):
    """Check a package and return the exit code."""
    if not (folder / MANIFEST).is_file():
        print(f"CANNOT TELL: there is no {MANIFEST} in {folder.absolute()}: name the package's folder")
        return 3
    try:
        wrong = list(manifest(folder))
        store = folder / "store"
        if store.is_dir():
            wrong += ledger(store)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"CANNOT TELL: {type(error).__name__}: {error}")
        return 3
    for line in wrong:
        print("DIFFERS ", line)
    print(f"manifest      sha256 {digest(folder / MANIFEST)}: compare it with the one you were told")
    if store.is_dir():
        print(f"ledger        {len(list((store / 'ledger').glob('*.json')))} entries, each named by the next")
    else:
        print("not checked   the ledger and the evidence: this package leaves them out")
    print("not checked   who wrote the ledger, and whether its end was cut off: it is not signed yet")
    print("DIFFERS" if wrong else "AS IT WAS HANDED OVER: every file has the digest that was recorded")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
