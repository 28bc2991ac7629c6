# Simulated trials by rpact: Rscript simulation_peers.R simulation_peers.json [trials] > out.json
# Reads "settings" of simulation_peers.json (months) and writes, for those that rpact can simulate, how often |z| of the
# log-rank test is beyond a bound on either side at each look, with events and times.
suppressMessages({library(rpact); library(jsonlite)})
setLogLevel("DISABLED")
argument <- commandArgs(trailingOnly = TRUE)
given <- fromJSON(argument[1], simplifyVector = FALSE)$settings
trials <- if (length(argument) > 1) as.integer(argument[2]) else 100000L
v <- function(x) as.numeric(unlist(x))
ends <- function(rows) vapply(rows, function(r) if (is.null(r[[1]])) Inf else as.numeric(r[[1]]), 0)
values <- function(rows) vapply(rows, function(r) as.numeric(r[[2]]), 0)

answer <- function(s, seed) {
  k <- length(s$looks)
  design <- if (k == 1) getDesignGroupSequential(kMax = 1, alpha = 0.025, sided = 1) else
    getDesignGroupSequential(alpha = 0.025, sided = 1, informationRates = v(s$looks) / max(v(s$looks)), typeOfDesign = "asOF")
  stratum <- s$strata[[1]]
  hazard <- values(stratum$hazard); ratio <- values(stratum$hazard_ratio)
  rate <- values(s$accrual); cuts <- c(0, head(ends(s$accrual), -1))
  last <- tail(cuts, 1) + (s$patients - sum(head(rate, -1) * diff(cuts))) / tail(rate, 1)
  a <- list(design = design, directionUpper = FALSE, allocation1 = s$ratio[[1]], allocation2 = s$ratio[[2]],
    maxNumberOfSubjects = s$patients, accrualTime = c(cuts, last), accrualIntensity = rate,
    dropoutRate1 = 1 - exp(-s$loss[[1]] * 12), dropoutRate2 = 1 - exp(-s$loss[[2]] * 12), dropoutTime = 12,
    plannedEvents = v(s$looks), maxNumberOfIterations = trials, seed = seed)
  if (!is.null(s$shape)) a <- c(a, list(lambda2 = hazard, hazardRatio = ratio, kappa = s$shape))
  else if (length(hazard) == 1 && length(ratio) == 1) a <- c(a, list(lambda2 = hazard, hazardRatio = ratio))
  else {
    at <- sort(unique(c(0, head(ends(stratum$hazard), -1), head(ends(stratum$hazard_ratio), -1))))
    pick <- function(rows, t) values(rows)[which(t < ends(rows))[1]]
    two <- vapply(at, function(t) pick(stratum$hazard, t), 0)
    one <- two * vapply(at, function(t) pick(stratum$hazard_ratio, t), 0)
    a <- c(a, list(piecewiseSurvivalTime = at, lambda2 = two, lambda1 = one))
  }
  d <- getData(do.call(getSimulationSurvival, a))
  critical <- design$criticalValues
  out <- list(trials = trials, critical = critical)
  out$held <- vapply(1:k, function(i) sum(d$stageNumber == i), 0) / trials
  z <- function(i) d$testStatistic[d$stageNumber == i]
  out$upper <- vapply(1:k, function(i) sum(z(i) >= critical[i]), 0) / trials
  out$lower <- vapply(1:k, function(i) sum(z(i) <= -critical[i]), 0) / trials
  out$mean_z <- vapply(1:k, function(i) mean(z(i)), 0)
  out$mean_time <- vapply(1:k, function(i) mean(d$analysisTime[d$stageNumber == i]), 0)
  out$sd_time <- vapply(1:k, function(i) sd(d$analysisTime[d$stageNumber == i]), 0)
  # of the held ones; after stopping for efficacy rpact goes no further, so that later looks are of the trials left
  out
}

names <- names(Filter(function(s) length(s$strata) == 1, given))
answers <- lapply(seq_along(names), function(i) answer(given[[names[i]]], 2026 + i))
names(answers) <- names
made <- sprintf("%s, rpact %s", R.version.string, packageVersion("rpact"))
cat(toJSON(list(made_with = made, answers = answers), digits = NA, auto_unbox = FALSE, pretty = TRUE), "\n")
