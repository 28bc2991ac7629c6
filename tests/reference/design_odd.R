# Odd designs and looks that did not come as planned, by rpact: Rscript design_odd.R design_odd.json > out.json
# Reads the inputs of design_odd.json ("designs" and "looks", each with "spec") and writes rpact's answers, in their order.
suppressMessages({library(rpact); library(jsonlite)})
setLogLevel("DISABLED")
v <- function(x) as.numeric(unlist(x))
given <- fromJSON(commandArgs(trailingOnly = TRUE)[1], simplifyVector = FALSE)

# Designs: rates per month are put into the trial's unit; losses are probabilities by `by`.
bounds <- function(s, fractions, beta) {
  a <- list(alpha = s$alpha, sided = s$sides, beta = beta)
  if (s$looks == 1) return(do.call(getDesignGroupSequential, c(a, kMax = 1)))
  a <- c(a, list(informationRates = fractions, typeOfDesign = s$type))
  if (s$type %in% c("asKD", "asHSD")) a$gammaA <- s$param
  if (s$type == "WT") a$deltaWT <- s$param
  if (s$type == "HP") a$constantBoundsHP <- s$param
  if (s$type == "asUser") a$userAlphaSpending <- v(s$user) * s$sides
  if (s$futility == "z") a <- c(a, list(futilityBounds = v(s$futility_z), bindingFutility = s$binding))
  if (s$futility == "beta") {
    a <- c(a, list(typeBetaSpending = s$beta_type, bindingFutility = s$binding))
    if (!is.null(s$beta_param)) a$gammaB <- s$beta_param
  }
  do.call(getDesignGroupSequential, a)
}
design <- function(s) {
  loss <- v(s$loss); by <- 12 * s$units_per_month
  rates <- v(s$rates_per_month) / s$units_per_month; cuts <- c(0, v(s$accrual_cuts))
  arms <- list(hazardRatio = s$hazard_ratio, allocationRatioPlanned = s$ratio[[1]] / s$ratio[[2]],
    dropoutRate1 = 1 - exp(-loss[1] * by), dropoutRate2 = 1 - exp(-loss[2] * by), dropoutTime = by, lambda2 = v(s$hazard))
  if (length(s$hazard) > 1) arms$piecewiseSurvivalTime <- c(0, v(s$hazard_cuts))
  method <- c(schoenfeld = "Schoenfeld", freedman = "Freedman", hsieh_freedman = "HsiehFreedman")[[s$method]]
  test <- list(thetaH0 = if (is.null(s$margin)) 1 else s$margin, typeOfComputation = method)
  until <- list(accrualTime = c(cuts, s$duration), accrualIntensity = rates, maxNumberOfSubjects = s$patients)
  if (s$solve %in% c("events", "accrual")) {
    d <- bounds(s, v(s$fractions), 1 - s$power)
    if (s$solve == "accrual") until <- list(accrualTime = cuts, accrualIntensity = rates, followUpTime = s$follow_up)
    x <- do.call(getSampleSizeSurvival, c(list(d), arms, test, until))
    events <- v(if (s$looks == 1) x$maxNumberOfEvents else x$eventsPerStage); power <- s$power
    mean_events <- if (s$looks > 1) v(x$expectedEventsH1)
  } else {
    events <- v(s$events)
    if (s$solve == "power_times") {
      events <- s$patients * v(do.call(getEventProbabilities, c(list(time = v(s$times)), arms, until))$cumulativeEventProbabilities)
    }
    d <- bounds(s, events / max(events), 1 - s$power)  # beta spending spends 1 - power, which ours is to be then
    x <- do.call(getPowerSurvival, c(list(d), arms, test, until, maxNumberOfEvents = max(events), directionUpper = FALSE))
    power <- v(x$overallReject); mean_events <- if (s$looks > 1) v(x$expectedNumberOfEvents)
  }
  out <- list(events = events, times = v(x$analysisTime), power = power, z = v(d$criticalValues), alpha_spent = v(d$alphaSpent) / s$sides,
    hazard_ratio = v(if (s$sides == 2) x$criticalValuesEffectScaleLower else x$criticalValuesEffectScale))
  if (s$looks == 1) return(out)
  out <- c(out, list(expected_events = mean_events, stop_efficacy = v(x$rejectPerStage)))
  if (s$sides == 1) out <- c(out, list(expected_duration = v(x$studyDuration)))
  if (s$futility != "none") out <- c(out, list(futility_z = v(d$futilityBounds), stop_futility = v(x$futilityPerStage)))
  out
}

# Looks: what the spending function says at the spending time, correlations of the events that were there.
look <- function(s) {
  time <- c(v(s$time), v(s$rest_time)); events <- c(v(s$actual), v(s$rest))
  if (max(time) < 1) { time <- c(time, 1); events <- c(events, max(events) + 50) }  # stopped early: what follows has no say
  a <- s$alpha / s$sides
  spent <- switch(s$type, asOF = 2 * (1 - pnorm(qnorm(1 - a / 2) / sqrt(time))), asP = a * log(1 + (exp(1) - 1) * time),
    asKD = a * time^s$param, asHSD = a * (1 - exp(-s$param * time)) / (1 - exp(-s$param))) * s$sides
  spent[length(spent)] <- s$alpha
  args <- if (length(events) == 1) list(kMax = 1) else list(typeOfDesign = "asUser", informationRates = events / max(events), userAlphaSpending = spent)
  if (length(s$futility_z) && length(events) > 1) args <- c(args, list(futilityBounds = v(s$futility_z)[seq_len(length(events) - 1)], bindingFutility = s$binding))
  d <- do.call(getDesignGroupSequential, c(args, alpha = s$alpha, sided = s$sides))
  # Statistics are against the margin, rpact's data hold those against a hazard ratio of 1.
  null <- if (is.null(s$margin)) 1 else s$margin
  z <- -v(s$z) + log(null) * sqrt(s$ratio * v(s$actual)) / (1 + s$ratio)
  data <- getDataset(cumEvents = v(s$actual), cumLogRanks = z, cumAllocationRatios = rep(s$ratio, length(z)))
  ask <- function(ratio) do.call(getAnalysisResults, c(list(d, data, directionUpper = FALSE, thetaH0 = null),
    if (length(s$rest)) list(nPlanned = diff(c(max(v(s$actual)), v(s$rest))), thetaH1 = ratio, allocationRatioPlanned = s$ratio)))
  x <- ask(s$hazard_ratio); m <- length(z)
  out <- list(z = v(d$criticalValues)[seq_along(c(s$actual, s$rest))],
    repeated_lower = v(x$repeatedConfidenceIntervalLowerBounds)[1:m], repeated_upper = v(x$repeatedConfidenceIntervalUpperBounds)[1:m])
  if (s$stopped) out <- c(out, list(p = v(x$finalPValues)[m] / s$sides, estimate = v(x$medianUnbiasedEstimates)[m],
    lower = v(x$finalConfidenceIntervalLowerBounds)[m], upper = v(x$finalConfidenceIntervalUpperBounds)[m]))
  if (length(s$rest)) {
    chance <- function(ratio) v(ask(ratio)$conditionalPower)[-seq_len(m)]
    seen <- exp(z[m] * (1 + s$ratio) / sqrt(s$ratio * max(v(s$actual))))
    out <- c(out, list(conditional_design = v(x$conditionalPower)[-seq_len(m)], conditional_trend = chance(seen)))
  }
  out
}
answers <- list(made_with = paste0(R.version.string, ", rpact ", packageVersion("rpact")),
  designs = lapply(given$designs, function(one) suppressWarnings(design(one$spec))),
  looks = lapply(given$looks, function(one) suppressWarnings(look(one$spec))))
cat(toJSON(answers, digits = 17, auto_unbox = FALSE, na = "null", pretty = FALSE), "\n")
