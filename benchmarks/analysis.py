"""How fast are the survival kernels, beside other packages in the same run?

    python benchmarks/analysis.py                     # 1e3, 1e5 and 1e6 subjects, tied days and untied times
    python benchmarks/analysis.py --sizes 1e5 --write # and write docs/benchmarks-analysis.md

Three tasks on two arms and four strata: Kaplan-Meier of all subjects with the median and its log-log limits, the
stratified log-rank test, and the stratified Cox model of treatment with Efron ties. Each package gets the data in its
own natural form, by its fastest public way in; loading data and importing are not counted. Each package and task has a
process of its own, whose peak memory (interpreter, libraries and data included) is read at its end. Packages that are
not installed are left out; R takes part when `Rscript` and its survival package are there.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TASKS = {"km": "Kaplan-Meier, median, limits", "log_rank": "stratified log-rank", "cox": "stratified Cox, Efron"}
CASES = {"tied": "whole days, heavily tied", "untied": "untied times"}
LIBRARIES = ("equipoise", "R survival", "survival", "statsmodels", "lifelines", "scikit-survival", "greenwood")
MODULES = {"scikit-survival": "sksurv"}
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks-analysis.md"

Task = Callable[[], Any]


def simulate(n: int, case: str) -> dict[str, np.ndarray]:
    """Exponential survival with a hazard ratio of 0.8, hazards by stratum, uniform censoring over ten years of days."""
    random = np.random.default_rng([20261122, n])
    arm, stratum = random.integers(0, 2, n), random.integers(0, 4, n)
    mean = 1000.0 * np.array([0.7, 1.0, 1.2, 1.5])[stratum] / np.where(arm == 1, 0.8, 1.0)
    survival, censoring = random.exponential(mean), random.uniform(0.0, 3650.0, n)
    followed = np.minimum(survival, censoring)
    return {
        "time": np.ceil(followed) if case == "tied" else followed,
        "event": (survival <= censoring).astype(np.int32),
        "arm": arm.astype(np.int32),
        "stratum": stratum.astype(np.int32),
    }


# One function a package: from the arrays to its three tasks, each returning what it found. Imports stand outside the
# tasks. Where a package can't do a task it is absent.


def equipoise(data: dict[str, np.ndarray]) -> dict[str, Task]:
    import scipy.special  # noqa: F401

    from equipoise.kernels.cox import cox
    from equipoise.kernels.kaplan_meier import kaplan_meier, quantile
    from equipoise.kernels.log_rank import log_rank

    t, e, a, s = data.values()

    def km() -> list[float]:
        found = quantile(kaplan_meier(t, e))
        return [float(found.estimate[0]), float(found.lower[0]), float(found.upper[0])]

    def model() -> list[float]:
        fit = cox(t, e, a, stratum=s)
        return [float(fit.coef[0]), float(fit.se[0])]

    return {"km": km, "log_rank": lambda: [log_rank(t, e, a, stratum=s).chi_square], "cox": model}


def survival(data: dict[str, np.ndarray]) -> dict[str, Task]:
    from survival import regression, surv_analysis

    t, e, a, s = data.values()
    x = a[:, None].astype(float)

    def km() -> list[float]:
        found = surv_analysis.quantile_survfit(surv_analysis.survfitkm(t, e, conf_type="log-log"), [0.5])
        return [float(np.ravel(values)[0]) for values in (found.quantile, found.lower, found.upper)]

    def model() -> list[float]:
        fit = regression.coxph_fit_raw(t, e, x, strata=s, resid=False)
        return [float(np.ravel(fit.coefficients)[0]), float(np.sqrt(np.ravel(fit.var)[0]))]

    return {"km": km, "log_rank": lambda: [float(surv_analysis.survdiff(t, e, a, strata=s).chisq)], "cox": model}


def statsmodels(data: dict[str, np.ndarray]) -> dict[str, Task]:
    from statsmodels.duration.hazard_regression import PHReg
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff

    t, e, a, s = data.values()
    x = a[:, None].astype(float)

    def km() -> list[float]:
        found = SurvfuncRight(t, e)
        return [float(found.quantile(0.5)), *map(float, found.quantile_ci(0.5, method="cloglog"))]

    def model() -> list[float]:
        fit = PHReg(t, x, status=e, strata=s, ties="efron").fit(disp=0)
        return [float(fit.params[0]), float(fit.bse[0])]

    return {"km": km, "log_rank": lambda: [float(survdiff(t, e, a, strata=s)[0])], "cox": model}


def lifelines(data: dict[str, np.ndarray]) -> dict[str, Task]:
    import pandas as pd
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.utils import median_survival_times

    frame = pd.DataFrame(data)

    def km() -> list[float]:
        found = KaplanMeierFitter().fit(frame["time"], frame["event"])
        limits = median_survival_times(found.confidence_interval_)
        return [float(found.median_survival_time_), *map(float, limits.iloc[0])]

    def model() -> list[float]:
        fit = CoxPHFitter().fit(frame, "time", "event", strata=["stratum"])
        return [float(fit.params_.iloc[0]), float(fit.standard_errors_.iloc[0])]

    return {"km": km, "cox": model}


def scikit_survival(data: dict[str, np.ndarray]) -> dict[str, Task]:
    from sksurv.nonparametric import kaplan_meier_estimator

    t, e = data["time"], data["event"].astype(bool)

    def km() -> list[float]:
        times, curve, band = kaplan_meier_estimator(e, t, conf_type="log-log")
        return [float(times[np.argmax(values <= 0.5)]) for values in (curve, *band)]

    return {"km": km}


def greenwood(data: dict[str, np.ndarray]) -> dict[str, Task]:
    from greenwood import CoxPH, KaplanMeier, Surv, logrank_test

    t, e, a, s = data.values()
    outcome, x = Surv(t, event=e), a[:, None].astype(float)

    def km() -> list[float]:
        found = KaplanMeier(conf_type="log-log").fit(outcome)
        return [float(found.quantile(0.5))]

    def model() -> list[float]:
        fit = CoxPH().fit(outcome, x, strata=s)
        return [float(fit.coef_[0]), float(fit.std_error_[0])]

    return {"km": km, "log_rank": lambda: [float(logrank_test(outcome, a, strata=s).statistic)], "cox": model}


R_SCRIPT = """
suppressMessages(library(survival))
args <- commandArgs(TRUE); n <- as.integer(args[2]); task <- args[3]; reps <- as.integer(args[4])
read <- function(name, what, size) readBin(file.path(args[1], name), what, n, size)
d <- data.frame(time = read("time", "double", 8), event = read("event", "integer", 4),
                arm = read("arm", "integer", 4), stratum = read("stratum", "integer", 4))
run <- switch(task,
  km = function() unlist(quantile(survfit(Surv(time, event) ~ 1, d, conf.type = "log-log"), 0.5)),
  log_rank = function() survdiff(Surv(time, event) ~ arm + strata(stratum), d)$chisq,
  cox = function() { f <- coxph(Surv(time, event) ~ arm + strata(stratum), d); c(coef(f), sqrt(f$var)) })
wall <- cpu <- c()
for (i in seq_len(reps)) {
  s <- proc.time(); answer <- run(); s <- proc.time() - s
  wall <- c(wall, s[["elapsed"]]); cpu <- c(cpu, s[["user.self"]] + s[["sys.self"]])
  if (sum(wall) > 20) break
}
peak <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) * 1024
cat(sprintf('{"wall": %.4f, "cpu": %.4f, "peak": %.0f, "answer": [%s]}', min(wall), min(cpu), peak,
            paste(formatC(answer, digits = 12, format = "g"), collapse = ", ")))
"""


def work(library: str, task: str, folder: Path, reps: int) -> dict[str, Any]:
    """In a process of its own: load, import, run, and say how long it took."""
    kinds = {"time": np.float64, "event": np.int32, "arm": np.int32, "stratum": np.int32}
    data = {name: np.fromfile(folder / name, dtype=kind) for name, kind in kinds.items()}
    tasks = globals()[library.replace("-", "_")](data)
    if task == "all":
        begin = time.perf_counter(), time.process_time()
        answer: Any = [tasks[name]() for name in TASKS]
        wall, cpu = [time.perf_counter() - begin[0]], [time.process_time() - begin[1]]
    elif task not in tasks:
        return {}
    else:
        wall, cpu, answer = [], [], None
        while len(wall) < reps and sum(wall) < 20.0:
            begin = time.perf_counter(), time.process_time()
            answer = tasks[task]()
            wall.append(time.perf_counter() - begin[0])
            cpu.append(time.process_time() - begin[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"wall": min(wall), "cpu": min(cpu), "peak": peak, "answer": answer, "process": time.process_time()}


def measure(library: str, task: str, folder: Path, n: int, limit: float) -> dict[str, Any]:
    """Start that process; {} where the package lacks the task, {"over": limit} where it took too long."""
    reps = 5
    if library == "R survival":
        script = folder / "task.R"
        script.write_text(R_SCRIPT)
        command = ["Rscript", "--vanilla", str(script), str(folder), str(n), task, str(reps)]
    else:
        command = [sys.executable, __file__, "--worker", library, task, str(folder), str(reps)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"over": limit}
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:] or ["?"]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def present() -> dict[str, str]:
    """The packages that can take part, with their versions."""
    found = {}
    for library in LIBRARIES:
        if library == "R survival":
            if shutil.which("Rscript"):
                ask = 'cat(as.character(packageVersion("survival")), R.version.string)'
                done = subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True, check=False)
                if done.returncode == 0:
                    found[library] = done.stdout
        elif importlib.util.find_spec(MODULES.get(library, library)):
            found[library] = importlib.metadata.version(library)
    return found


def seconds(result: dict[str, Any]) -> str:
    if not result:
        return "-"
    if "over" in result:
        return f"> {result['over']:.0f}"
    if "failed" in result:
        return "failed"
    return f"{result['wall']:.2g} ({result['cpu']:.2g})" if result["wall"] < 10 else f"{result['wall']:.0f}"


def tables(results: dict[tuple[int, str], dict[str, dict[str, Any]]], versions: dict[str, str]) -> str:
    """Markdown: one table for each size and case, and how many times longer the others took."""
    out = []
    for (n, case), by_library in results.items():
        out += [f"## {n:,} subjects, {CASES[case]}", ""]
        out += ["| package | " + " | ".join(TASKS.values()) + " | peak memory, MB |", "|---" * 5 + "|"]
        for library, by_task in by_library.items():
            peak = max((result.get("peak", 0.0) for result in by_task.values()), default=0.0)
            cells = [seconds(by_task[task]) for task in TASKS]
            out.append(f"| {library} | " + " | ".join(cells) + f" | {peak / 1e6:.0f} |")
        out.append("")
        ours = by_library["equipoise"]
        out += [line for clock in ("wall", "cpu") if (line := ratios(by_library, clock))]
        out.append("")
        total = ours["all"]
        out += [
            f"All three in one process, each once: {total['wall']:.2f} s, {total['cpu']:.2f} s of CPU "
            f"({total['process']:.2f} s with start-up, imports and loading), peak {total['peak'] / 1e6:.0f} MB.",
            "",
        ]
    out += ["Versions: " + ", ".join(f"{library} {version}" for library, version in versions.items()) + "."]
    return "\n".join(out)


def ratios(by_library: dict[str, dict[str, dict[str, Any]]], clock: str) -> str:
    """How many times as long as ours the fastest other package took, by one of the two clocks."""
    found = []
    for task, words in TASKS.items():
        others = [
            (by_task[task][clock] / by_library["equipoise"][task][clock], library)
            for library, by_task in by_library.items()
            if library != "equipoise" and clock in by_task[task]
        ]
        if others:
            least, nearest = min(others)
            found.append(f"{words} {least:.1f} ({nearest})")
    names = {"wall": "wall time", "cpu": "CPU time"}
    return f"- {names[clock]} of the fastest other package over ours: " + "; ".join(found) if found else ""


def page(text: str) -> str:
    machine = (
        f"{os.cpu_count()} CPUs ({platform.machine()}), Python {platform.python_version()}, numpy {np.__version__}"
    )
    head = [
        "# Speed of the survival kernels",
        "",
        "Written by `python benchmarks/analysis.py --write`; numbers are of that one run. Seconds of wall time, in",
        "parentheses seconds of CPU, best of up to 5 within 20 s. Two arms, four strata. `-`: the",
        "package has no such function (lifelines and scikit-survival no stratified log-rank test; scikit-survival no",
        "strata and no standard errors in its Cox model). greenwood gives the median without limits. Peak memory is",
        "the largest of the package's processes, interpreter, libraries and data included. Where a machine does other",
        "work at the same time, CPU time is the steadier clock.",
        "",
        f"Machine: {machine}, {time.strftime('%d %B %Y')}.",
        "",
    ]
    return "\n".join([*head, text]) + "\n"


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        library, task, folder, reps = sys.argv[2:]
        print(json.dumps(work(library, task, Path(folder), int(reps))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=float, default=[1e3, 1e5, 1e6], help="numbers of subjects")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), help="kinds of times")
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=LIBRARIES, help="who takes part")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds allowed to one package and task")
    parser.add_argument("--json", type=Path, help="also write every number to this file")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    versions = {name: v for name, v in present().items() if name in (*options.libraries, "equipoise")}
    results: dict[tuple[int, str], dict[str, dict[str, Any]]] = {}
    for size in options.sizes:
        for case in options.cases:
            n = int(size)
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                for column, values in simulate(n, case).items():
                    values.tofile(folder / column)
                by_library = results.setdefault((n, case), {})
                for library in versions:
                    names = [*TASKS, "all"] if library == "equipoise" else list(TASKS)
                    by_library[library] = {task: measure(library, task, folder, n, options.limit) for task in names}
                    print(n, case, library, by_library[library], file=sys.stderr, flush=True)
    text = tables(results, versions)
    print(text)
    if options.json:
        flat = [{"n": n, "case": case, "results": found} for (n, case), found in results.items()]
        options.json.write_text(json.dumps({"versions": versions, "runs": flat}, indent=1))
    if options.write:
        PAGE.write_text(page(text))


if __name__ == "__main__":
    main()
