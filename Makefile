# Two commands do everything: `make demo` and `make test`. `make help` lists the rest.

PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11 python; do \
	$$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$candidate && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
YEAR ?= 2025

.DEFAULT_GOAL := help
.PHONY: help demo test check fix lab docs lock data simulation intake reference reading clean

help:  ## List these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found on the path."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)  ## Set up, then report on the embedded synthetic clinic into reports/demo/
	$(RUN) -m parsoutcomes demo

test: $(READY)  ## Set up, then run all tests
	$(RUN) -m pytest --numprocesses auto

check: $(READY)  ## Say all that is wrong with format, lint, types and spelling; changes nothing
	@failed=; for tool in "ruff format --check ." "ruff check ." mypy codespell_lib; do \
		echo "$(RUN) -m $$tool"; $(RUN) -m $$tool || failed="$$failed, $${tool%% .}"; \
	done; test -z "$$failed" || { echo "Not passed: $${failed#, }."; exit 1; }

fix: $(READY)  ## Repair format and lint where a tool can
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

lab: $(READY)  ## Open the notebooks in JupyterLab
	$(RUN) -m jupyter lab notebooks

docs: $(READY)  ## Build the documentation into build/docs/ (open index.html there)
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet

lock: $(READY)  ## Write requirements.lock anew: every platform, with hashes, without addresses
	$(RUN) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
		--all-extras --group dev --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --no-strip-extras --upgrade --output-file requirements.lock

data: $(READY)  ## Rebuild the simulated cohorts in data/synthetic/, byte for byte
	$(RUN) -m parsoutcomes simulate --patients 40 --seed 7 --out data/synthetic/cohort_40
	$(RUN) -m parsoutcomes simulate --patients 200 --seed 7 --out data/synthetic/cohort_200

simulation: $(READY)  ## Measure coverage, bias and width into reports/validation/ (over an hour)
	$(RUN) benchmarks/coverage_clustered_proportion.py > reports/validation/clustered_proportion.txt
	$(RUN) benchmarks/coverage_rate_contrasts.py > reports/validation/rate_contrasts.txt
	$(RUN) -W ignore benchmarks/coverage_union_npmle.py > reports/validation/union_coverage.txt
	$(RUN) benchmarks/compare_npmle_intervals.py 600 400 > reports/validation/npmle_intervals.txt
	$(RUN) benchmarks/coverage_parametric_times.py 1000 > reports/validation/parametric_times.txt
	$(RUN) -W ignore benchmarks/compare_difference_intervals.py 1000 > reports/validation/difference_intervals.txt
	$(RUN) -W ignore benchmarks/coverage_sparse_visits.py 1000 > reports/validation/sparse_visits.txt
	$(RUN) -W ignore benchmarks/coverage_logistic.py > reports/validation/logistic.txt
	$(RUN) -W ignore benchmarks/optimism_logistic.py > reports/validation/optimism.txt
	$(RUN) -W ignore benchmarks/coverage_group_differences.py > reports/validation/group_differences.txt
	$(RUN) -W ignore benchmarks/level_group_test.py > reports/validation/group_test_level.txt
	$(RUN) benchmarks/coverage_imputation.py 1000 20 > reports/validation/imputation.txt
	$(RUN) benchmarks/coverage_kappa.py 2000 > reports/validation/reader_agreement.txt
	$(RUN) benchmarks/coverage_pooling.py > reports/validation/pooling.txt
	$(RUN) benchmarks/simulate_verdict.py > reports/validation/verdict.txt
	$(RUN) benchmarks/coverage_union_prior.py > reports/validation/union_prior.txt
	$(RUN) benchmarks/coverage_union_score.py --replicates 600 > reports/validation/union_score.txt
	$(RUN) benchmarks/plan_against_comparison.py > reports/validation/plan.txt
	$(RUN) benchmarks/coverage_recovery.py > reports/validation/recovery.txt
	$(RUN) benchmarks/monitoring_run_length.py > reports/validation/monitoring.txt
	$(RUN) benchmarks/simulate_brace_durations.py > reports/validation/brace_durations.txt
	$(RUN) benchmarks/coverage_wear_dose.py 500 > reports/validation/wear_dose.txt

intake: $(READY)  ## Draw 2,000 workbooks, damage 8,000 files, time large ones (Linux, macOS; an hour)
	PARSOUTCOMES_EXAMPLES=2000 $(RUN) -m pytest tests/properties/test_intake_layouts.py
	$(RUN) benchmarks/fuzz_intake.py > reports/validation/intake_fuzz.txt
	$(RUN) benchmarks/intake_speed.py > reports/validation/intake_speed.txt

reference: $(READY)  ## Say where each reference number comes from, who uses it, how to make it again
	$(RUN) tests/reference/explain.py

reading: $(READY)  ## Write the reading ages of the clinician's pages into reports/validation/
	$(RUN) benchmarks/reading_age.py > reports/validation/reading_age.txt

clean:  ## Remove the environment and all that tools left behind
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
