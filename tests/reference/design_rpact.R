# Designs of survival and rates by rpact 3.3.4: Rscript design_rpact.R > design_rpact.json
suppressMessages(library(rpact))
num <- function(x) paste0("[", paste(sprintf("%.17g", as.numeric(x)), collapse = ", "), "]")
cases <- character()
add <- function(id, kind, inputs, x, fields) {
  out <- vapply(fields, function(f) sprintf('"%s": %s', f, num(x[[f]])), "")
  given <- vapply(names(inputs), function(f) {
    v <- inputs[[f]]
    sprintf('"%s": %s', f, if (is.character(v)) sprintf('"%s"', v) else num(v))
  }, "")
  cases <<- c(cases, sprintf('  {"id": "%s", "kind": "%s", "inputs": {%s}, "outputs": {%s}}',
                             id, kind, paste(given, collapse = ", "), paste(out, collapse = ", ")))
}
fields <- c("maxNumberOfSubjects", "eventsPerStage", "analysisTime", "followUpTime", "totalAccrualTime")

# Follow-up: patients and enrollment are given, the time of the last look is not.
n <- 0
for (hr in c(0.65, 0.7)) for (r in c(1, 2)) for (type in c("asOF", "asP")) {
  n <- n + 1
  d <- getDesignGroupSequential(typeOfDesign = type, informationRates = c(0.6, 1), alpha = 0.025, beta = 0.2, sided = 1)
  x <- getSampleSizeSurvival(d, lambda2 = log(2) / 18, hazardRatio = hr, accrualTime = c(0, 30), maxNumberOfSubjects = 420,
                             allocationRatioPlanned = r, dropoutRate1 = 0.03, dropoutRate2 = 0.06, dropoutTime = 12)
  add(sprintf("follow_up_%d", n), "follow_up", list(type = type, hr = hr, ratio = r), x, fields)
}
# Duration of enrollment: rates and follow-up are given.
n <- 0
for (hr in c(0.65, 0.75)) for (fu in c(12, 24)) for (k in c(1, 3)) {
  n <- n + 1
  d <- if (k == 1) getDesignGroupSequential(kMax = 1, alpha = 0.025, beta = 0.1, sided = 1) else
    getDesignGroupSequential(typeOfDesign = "asKD", gammaA = 2, informationRates = c(0.4, 0.75, 1), alpha = 0.025,
                             beta = 0.1, sided = 1)
  x <- getSampleSizeSurvival(d, lambda2 = log(2) / 18, hazardRatio = hr, accrualTime = c(0, 6), accrualIntensity = c(10, 25),
                             followUpTime = fu, dropoutRate1 = 0.03, dropoutRate2 = 0.06, dropoutTime = 12)
  add(sprintf("accrual_%d", n), "accrual", list(looks = k, hr = hr, follow_up = fu), x, fields)
}
# Hazard ratio: looks and power are given.
n <- 0
for (events in c(200, 330)) for (power in c(0.8, 0.9)) for (type in c("asOF", "asP")) {
  n <- n + 1
  d <- getDesignGroupSequential(typeOfDesign = type, informationRates = c(0.5, 1), alpha = 0.025, beta = 0.2, sided = 1)
  f <- function(hr) getPowerSurvival(d, lambda2 = log(2) / 18, hazardRatio = hr, directionUpper = FALSE,
    accrualTime = c(0, 30), maxNumberOfSubjects = 700, maxNumberOfEvents = events)$overallReject - power
  hr <- uniroot(f, c(0.4, 0.95), tol = 1e-10)$root
  cases <- c(cases, sprintf('  {"id": "hazard_ratio_%d", "kind": "hazard_ratio", "inputs": {"type": "%s", "events": %s, "power": %s}, "outputs": {"hazardRatio": %s}}',
                            n, type, num(events), num(power), num(hr)))
}
# Rates, one look: the variance of the test is that under the null hypothesis, the power comes from both.
n <- 0
for (p in list(c(0.45, 0.30), c(0.6, 0.5))) for (r in c(1, 2)) for (m in c(0, -0.1)) {
  n <- n + 1
  x <- getSampleSizeRates(getDesignGroupSequential(kMax = 1, alpha = 0.025, beta = 0.1, sided = 1), pi1 = p[1], pi2 = p[2],
                          thetaH0 = m, allocationRatioPlanned = r, groups = 2, normalApproximation = TRUE)
  add(sprintf("rates_%d", n), "rates", list(experimental = p[1], control = p[2], ratio = r, margin = m), x, "nFixed")
}
cat(sprintf('{"provenance": "rpact %s under %s, by design_rpact.R", "cases": [\n%s\n]}\n', packageVersion("rpact"),
            R.version.string, paste(cases, collapse = ",\n")))
