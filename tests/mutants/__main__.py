"""`make mutants`: change what decides or acts, one thing at a time, and see whether its own tests notice.

ARGS name modules of targets.toml, by default all. It ends with 1 if a mutant survives that survivors.toml does not
list, or if one that it lists is killed by now. What the tests of a module have said is in build/mutants/.
"""

import json
import subprocess
import sys
import time

from coastguard.checkout import BUILD, ROOT
from tests.mutants.targets import Survivor, judge, listed, targets

_BUILT = BUILD / "mutants"


def main() -> int:
    """Play one module after the other; the exit status."""
    known, modules = listed(), sys.argv[1:] or list(targets())
    if strange := [name for name in modules if name not in targets()]:
        sys.stderr.write(f"tests/mutants/targets.toml does not have {', '.join(strange)}\n")
        return 2
    _BUILT.mkdir(parents=True, exist_ok=True)
    wrong, began, played = 0, time.monotonic(), 0
    for number, module in enumerate(modules, 1):
        sys.stdout.write(f"{module} ({number} of {len(modules)})\n")
        sys.stdout.flush()
        made, survived = _play(module)
        played += made
        unlisted, gone = judge([module], survived, known)
        dead, left = made - len(survived), len(survived) - len(unlisted)
        sys.stdout.write(f"  {dead} killed, {left} listed, {len(unlisted)} survive\n")
        for each in unlisted:
            sys.stdout.write(f"  survives:\n{_entry(each)}")
        for each in gone:
            sys.stdout.write(f"  is listed, but killed by now or gone:\n{_entry(each)}")
        wrong += len(unlisted) + len(gone)
    sys.stdout.write(f"{played} mutants in {(time.monotonic() - began) / 60:.0f} minutes, {wrong} to look at\n")
    return int(wrong > 0)


def _play(module: str) -> tuple[int, list[Survivor]]:
    """Return how many mutants there are, and which survive. In a process of its own: it imports a changed module."""
    name = module.removesuffix(".py").replace("/", ".")
    results, log = _BUILT / f"{name}.json", _BUILT / f"{name}.log"
    command = [sys.executable, "-m", "tests.mutants.playing", name, module, str(results), str(log), *targets()[module]]
    if status := subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.stderr.write(f"The tests of {module} cannot be played ({status}): see {log.relative_to(ROOT)}\n")
        raise SystemExit(2)
    told = json.loads(results.read_text("utf-8"))
    return told["mutants"], [Survivor(module, *each) for each in told["survivors"]]


def _entry(survivor: Survivor) -> str:
    """Return it as survivors.toml would list it; JSON's strings are TOML's, too."""
    lines = (f"{name} = {json.dumps(getattr(survivor, name))}" for name in ("function", "old", "new"))
    return f'[["{survivor.module}"]]\n' + "\n".join(lines) + '\nreason = ""\n'


if __name__ == "__main__":
    sys.exit(main())
