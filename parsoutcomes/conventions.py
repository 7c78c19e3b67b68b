"""Every default and every threshold, in one place. Nothing here is chosen anywhere else."""

from __future__ import annotations

import datetime
from types import MappingProxyType
from typing import Final, Literal

Definition = Literal["complete", "partial_or_better"]
Unit = Literal["defect", "patient"]
UnitOrBoth = Literal["defect", "patient", "both"]
GroupBy = Literal[
    "stage",
    "contralateral_stage",
    "laterality",
    "level",
    "side",
    "stir",
    "prescribed_months",
    "sex",
    "sport",
]
Imaging = Literal["ct", "ct_or_mri", "any"]
DateOrder = Literal["day_first", "month_first"]
PatientInterval = Literal["wilson", "clopper_pearson", "mid_p", "jeffreys"]
DifferenceInterval = Literal["square_and_add", "bca"]
GroupTest = Literal["auto", "permutation", "sandwich"]
TimeDistribution = Literal["weibull", "lognormal", "loglogistic"]
LogisticMethod = Literal["auto", "gee", "firth", "mixed"]
PopulationMethod = Literal["auto", "gee", "firth"]
DocumentFormat = Literal["html", "pdf", "docx", "pptx"]

DEFINITIONS: Final = ("complete", "partial_or_better")
UNITS: Final = ("defect", "patient")
BOTH_UNITS: Final = "both"

# Which kinds of imaging count, from the narrowest on; imaging of a kind not recorded always does.
IMAGING: Final = MappingProxyType(
    {
        "ct": ("CT", "CBCT"),
        "ct_or_mri": ("CT", "CBCT", "MRI"),
        "any": ("CT", "CBCT", "MRI", "SPECT", "X-ray"),
    }
)
DEFAULT_IMAGING: Final = "ct"
VARIED_IMAGING: Final = ("ct", "ct_or_mri", "any")

DAYS_PER_MONTH: Final = 30.4375

# The calendar module gives these in the language of the computer, once any program has set it.
MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

CONF_LEVEL: Final = 0.95
HORIZON_MONTHS: Final = 6.0
GRACE_MONTHS: Final = 1.0
# A horizon beyond it is a slip of the pen.
LONGEST_HORIZON_MONTHS: Final = 600.0
N_RESAMPLES: Final = 2000
# Limits at 95 % leave one resample beyond each from here on.
MIN_RESAMPLES: Final = 40
SEED: Final = 20261122

# Scans are grouped to the planned visit they were meant for; the windows meet half-way.
PLANNED_VISITS_MONTHS: Final = (3.0, 6.0, 9.0, 12.0, 18.0, 24.0, 36.0)
MILESTONES_MONTHS: Final = (3.0, 6.0, 9.0, 12.0)
QUANTILE_SHARES: Final = (0.25, 0.5, 0.75)
# The status at the last reading, whenever that was, as a horizon.
LAST_KNOWN: Final = float("inf")
VARIED_HORIZONS_MONTHS: Final = (*MILESTONES_MONTHS, LAST_KNOWN)

STAGES: Final = ("pre_lysis", "early", "progressive", "terminal")
LEVELS: Final = ("T12", "L1", "L2", "L3", "L4", "L5")
SIDES: Final = ("left", "right")
# Terms with an order in which union can rise or fall step by step; a trend needs so many steps.
ORDERED_TERMS: Final = ("stage", "contralateral_stage")
MIN_GROUPS_FOR_TREND: Final = 3

# Below these a group gets its count and interval, but no test and no claim.
MIN_DEFECTS_FOR_CLAIM: Final = 10
MIN_PATIENTS_FOR_CLAIM: Final = 5
MIN_EVENTS_PER_PARAMETER: Final = 5
MIN_EVENTS_PER_PARAMETER_PENALISED: Final = 2
MIN_EVENTS_FOR_MODEL_CHECK: Final = 10
MIN_DISCORDANT_PATIENTS: Final = 3
# A correlation within patients is shown from so many patients with two pars or more.
MIN_PATIENTS_FOR_ICC: Final = 5
# Pars that may have united on either side of a month, for each that tells: beyond the first only
# those that tell count towards the rule above, beyond the second no variance will do.
UNTOLD_MANY: Final = 0.5
UNTOLD_TOO_MANY: Final = 4
MIN_GEE_DEGREES_OF_FREEDOM: Final = 10
# Groups count as scanned alike when the highest number of scans a year, until union, is at most
# this multiple of the lowest; and a sandwich test is too bold with fewer patients than this.
SCHEDULES_ALIKE_RATIO: Final = 1.25
MIN_PATIENTS_FOR_SANDWICH: Final = 100
# Up to so many patients the covariance of time factors is found by leaving out one at a time.
MAX_PATIENTS_FOR_JACKKNIFE: Final = 1000

# A random intercept per patient needs so many with two pars, and is refused from this standard
# deviation (of log odds) on; the quadrature over it has so many nodes.
MIN_INFORMATIVE_PATIENTS: Final = 10
MAX_INTERCEPT_SD: Final = 5.0
QUADRATURE_NODES: Final = 25
# With more patients than this its limits are Wald's, which then differ little and take no time.
MAX_PATIENTS_FOR_PROFILE: Final = 1000

# What each predictor is compared with; the most frequent level where this one does not occur.
REFERENCE_LEVELS: Final = MappingProxyType(
    {
        "stage": "early",
        "contralateral_stage": "none",
        "laterality": "unilateral",
        "level": "L5",
        "side": "left",
        "sex": "male",
        "stir": "absent",
    }
)

# Completed sets of imputed records: so many, or one for each per cent of incomplete rows if those
# are more; rounds of the chain; donors of a number; spread of the prior on slopes (log odds per
# standard deviation or per category); smooth patient resamples per completed set.
MIN_IMPUTATIONS: Final = 20
N_IMPUTATION_ROUNDS: Final = 5
N_DONORS: Final = 5
IMPUTATION_PRIOR_DEVIATION: Final = 2.5
N_RESAMPLES_PER_IMPUTATION: Final = 400
MIN_RECORDED_TO_IMPUTE: Final = 10
# More missing than this is imputed all the same, with a caution.
MANY_MISSING: Final = 0.5

# Intraclass correlation assumed for published per-defect counts that print none.
PUBLISHED_ICC: Final = 0.3
PUBLISHED_ICC_OTHERS: Final = (0.0, 0.6)

# With fewer groups of patients than this a pool of published rates is shown, and no verdict rests
# on it: the spread between so few is hardly known.
MIN_GROUPS_FOR_VERDICT: Final = 5
# The prior from published series: logit of the typical rate ~ N(0, sd), spread between series
# half-normal (with its sensitivity), and the share of a flat Beta(1, 1) that keeps it robust.
PRIOR_LOGIT_SD: Final = 1.5
PRIOR_SPREAD_SD: Final = 0.5
PRIOR_SPREAD_SD_WIDER: Final = 1.0
PRIOR_FLAT_WEIGHT: Final = 0.2
# A chance below this of a count so far from what the series lead to expect is called a conflict.
PRIOR_CONFLICT_P_VALUE: Final = 0.05

# Planning: the power asked for, the excess, the cohorts drawn for each size, the sizes tried, and
# how many of them when the series' own sizes keep the power out of reach.
PLAN_POWER: Final = 0.8
PLAN_EXCESS_PER_100: Final = 10.0
PLAN_REPLICATES: Final = 1000
PLAN_SIZES: Final = (20, 30, 40, 60, 80, 120, 160, 240, 320, 640, 1280, 2560)
PLAN_SIZES_OUT_OF_REACH: Final = 8

# A questionnaire up to so many days after fitting counts as from before treatment. Which scores
# are better when higher; the change that matters to a patient with low back pain (Ostelo 2008),
# where one has been agreed. Beyond so much a caution says that those followed differ at fitting.
BASELINE_SCORE_DAYS: Final = 14
HIGHER_IS_BETTER: Final = ("eq5d_y", "srs22r")
MINIMAL_IMPORTANT_CHANGE: Final = MappingProxyType({"pain_nrs": 2.0, "odi": 10.0})
MIN_PATIENTS_FOR_MEAN: Final = 2
# Wear counts towards a scan's dose up to so many months before it, since what the scan will show
# may already change how the brace is worn; of the days in brace until then at least this share
# must be measured. Hours a day at which doses are parted.
WEAR_LAG_MONTHS: Final = 1.0
WEAR_MIN_SHARE_MEASURED: Final = 0.5
WEAR_BANDS_HOURS: Final = (12.0, 18.0)
# Adverse events are counted per so many months in brace.
BRACE_MONTHS_PER_RATE: Final = 100.0

# Monitoring: the change of odds looked for on either side; patients between false alarms when union
# is as expected, both sides together, and between which they may lie; simulated charts; the change
# in points per 100 whose delay is told; from how many pairs pars of a patient are taken to be as
# alike as seen; points from which run-chart rules apply, on one side, or rising or falling; units
# from which a funnel is drawn, with its limits.
MONITORING_ODDS_RATIO: Final = 2.0
MONITORING_RUN_LENGTH: Final = 400
MONITORING_RUN_LENGTHS: Final = (20, 2000)
MONITORING_RUNS: Final = 3000
MONITORING_CHANGE_PER_100: Final = 20.0
MIN_PAIRS_FOR_MONITORING: Final = 20
RUN_CHART_MIN_POINTS: Final = 10
RUN_CHART_SHIFT: Final = 6
RUN_CHART_TREND: Final = 5
MIN_UNITS_FOR_FUNNEL: Final = 10
FUNNEL_LEVELS: Final = (0.95, 0.998)

AGE_YEARS_EXPECTED: Final = (5.0, 30.0)

# A two-digit year of a fitting or a scan before this one is a slip of the pen.
EARLIEST_TREATMENT_YEAR: Final = 1990

# A statement about "never" needs a plateau: little union in the last visit window, and enough pars
# seen un-united for longer than nearly all unions take.
PLATEAU_MAX_LAST_WINDOW_MASS: Final = 0.02
PLATEAU_MIN_SHARE_BEYOND: Final = 0.20
PLATEAU_FITTED_SHARE: Final = 0.95

# Below this confidence a column that matters is not read: the load stops and asks. A header that
# is known falls below it when under a fifth of at least so many cells is understood, or none of
# fewer where no other column holds the same. Any other column of which under a fifth is understood
# is named first in the account.
MAPPING_CONFIDENCE: Final = 0.6
MIN_CELLS_TO_JUDGE: Final = 5
LEAST_SHARE_UNDERSTOOD: Final = 0.2
# An unknown header this near to a known one, above cells that fit, is asked about; the second
# holds where no other column of the source has that role.
NEAR_HEADER_SIMILARITY: Final = 0.85
NEAR_HEADER_SIMILARITY_ALONE: Final = 0.75
# A spelling that is not known is listed in a mapping file from so many rows on.
MIN_ROWS_TO_LIST_SPELLING: Final = 3
# One unknown spelling that fills this share of the cells of a union or stage column, and so many
# of them, stops the load: left out in silence, a frequent word for united would bend the rate.
FREQUENT_UNKNOWN_SHARE: Final = 0.2
FREQUENT_UNKNOWN_CELLS: Final = 3

# What a workbook may hold before it is opened: beyond these it is refused, so that no file can
# take more than about 1 GB of memory. Cells count as rows by columns, blank ones between filled
# ones too.
LARGEST_UNPACKED_BYTES: Final = 400_000_000
LARGEST_UNPACKING_RATIO: Final = 400
SMALLEST_UNPACKED_BYTES_REFUSED: Final = 10_000_000
LARGEST_WORKBOOK_CELLS: Final = 12_000_000
# Of any file, and of tables of text or Parquet; a million lines of twelve columns are 80 MB.
LARGEST_FILE_BYTES: Final = 150_000_000
LARGEST_TABLE_CELLS: Final = 20_000_000
LARGEST_TEXT_OF_A_CELL: Final = 1_000_000

# Two strategies of brace duration: months, grace on either side, centile at which weights are cut,
# and what is read of the patient to tell who departs.
BRACE_MONTHS: Final = (3.0, 6.0)
BRACE_GRACE_MONTHS: Final = 1.0
BRACE_TRUNCATION: Final = 0.99
BRACE_TERMS: Final = ("stage", "contralateral_stage", "stir", "age_years", "last_reading")
BRACE_MILESTONES_MONTHS: Final = (6.0, 9.0, 12.0)
BRACE_N_RESAMPLES: Final = 1000
# In the annual report, where each resample takes its own regressions and the rest takes seconds.
REPORT_BRACE_N_RESAMPLES: Final = 200
BRACE_GRACES_VARIED: Final = (0.5, 1.0, 1.5)
BRACE_TRUNCATIONS_VARIED: Final = (None, 0.99, 0.95)
# Spread of the prior on slopes (log odds) where the model of departure is separated or sparse; a
# level of fewer patients than this is joined with the most frequent one.
WEIGHT_PRIOR_DEVIATION: Final = 2.5
MIN_PATIENTS_PER_LEVEL: Final = 5
# Below these a strategy has too few followers for any estimate: patients who stopped inside its
# window not yet united, and the effective number of their weighted pars.
MIN_PATIENTS_PER_STRATEGY: Final = 10
MIN_EFFECTIVE_PER_STRATEGY: Final = 10.0
# Fitted chances of following nearer to 0 or 1 than this count as near-certain.
NEARLY_CERTAIN: Final = 0.05
# A clone that stands for more than so many is named.
LARGE_WEIGHT: Final = 20.0
# Resamples worked on together, whatever the number of workers, so that all give the same bytes.
RESAMPLES_PER_TASK: Final = 50
# The date that a document's format demands where none is passed in: no clock is read. The first
# that a zip archive, and so a DOCX, can hold.
DOCUMENT_DATE: Final = datetime.date(1980, 1, 1)

# Publishable reports: counts below the first are withheld, the others rounded to multiples of the
# second; a withheld count must leave a reader at least so many possible values, so that one of
# those counted, who knows of himself, is still left with two; observed over expected and p-values
# need so many pars; "at least" and "at most" need so many in all.
MIN_PUBLISHED_COUNT: Final = 8
PUBLISHED_ROUNDING: Final = 5
MIN_POSSIBLE_COUNTS: Final = 3
MIN_DEFECTS_FOR_PUBLISHED_RATIO: Final = 20
MIN_TOTAL_FOR_PUBLISHED_BOUND: Final = 20

# A result printed in a terminal: columns of text, and rows of a table before the rest is counted.
TERMINAL_COLUMNS: Final = 96
TERMINAL_ROWS: Final = 20
