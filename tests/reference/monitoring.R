# Numbers of tests/reference/monitoring.json under "rpact": Rscript monitoring.R > rpact.json
# Made with R 4.2.2 and rpact (version below). z here is as rpact gives it: negative favours the experimental arm.
suppressMessages(library(rpact))
setLogLevel("DISABLED")
num <- function(x) ifelse(is.na(x), "null", formatC(x, digits = 16, format = "g"))
vec <- function(x) paste0("[", paste(num(as.numeric(x)), collapse = ", "), "]")
out <- c()
add <- function(id, ...) {
  parts <- list(...)
  out <<- c(out, paste0("{\"id\": \"", id, "\", ", paste0("\"", names(parts), "\": ", unlist(parts), collapse = ", "), "}"))
}

# Bounds when the information was not as planned: what the plan spends by each look, correlations as they were.
update <- function(id, planned, actual, alpha, type, time, sided = 1) {
  cumulative <- if (type == "asOF") {
    2 * (1 - pnorm(qnorm(1 - alpha / sided / 2) / sqrt(time))) * sided
  } else {
    alpha * log(1 + (exp(1) - 1) * time)
  }
  design <- getDesignGroupSequential(typeOfDesign = "asUser", informationRates = actual / max(actual), alpha = alpha,
    sided = sided, userAlphaSpending = cumulative)
  add(id, kind = "\"bounds\"", type = paste0("\"", type, "\""), planned = vec(planned), actual = vec(actual),
    alpha = num(alpha), sided = sided, time = vec(time), z = vec(design$criticalValues))
}
update("under_then_over", c(165, 330), c(150, 345), 0.025, "asOF", c(150 / 330, 1))
update("over_at_interim", c(165, 330), c(180, 330), 0.025, "asOF", c(0.5, 1))
update("over_at_final", c(165, 330), c(165, 345), 0.025, "asOF", c(0.5, 1))
update("early_final", c(165, 330), c(165, 300), 0.025, "asOF", c(0.5, 1))
update("unplanned", c(165, 330), c(165, 240, 330), 0.025, "asOF", c(0.5, 240 / 330, 1))
update("three_pocock", c(100, 200, 300), c(90, 210, 310), 0.025, "asP", c(0.3, 2 / 3, 1))
update("two_sided", c(165, 330), c(150, 345), 0.05, "asOF", c(150 / 330, 1), sided = 2)

# Inference at the end and on the way.
infer <- function(id, design, type, rates, events, z, allocation, alpha = 0.025, sided = 1, hr = NA, planned = NULL) {
  data <- getDataset(cumEvents = events, cumLogRanks = z, cumAllocationRatios = rep(allocation, length(z)))
  args <- list(design, data, directionUpper = FALSE, thetaH0 = 1)
  if (!is.null(planned)) args <- c(args, list(nPlanned = planned, thetaH1 = hr, allocationRatioPlanned = allocation))
  a <- suppressWarnings(do.call(getAnalysisResults, args))
  add(id, kind = "\"inference\"", type = paste0("\"", type, "\""), rates = vec(rates), alpha = num(alpha),
    sided = sided, events = vec(events), z = vec(z), ratio = allocation,
    repeated_lower = vec(a$repeatedConfidenceIntervalLowerBounds),
    repeated_upper = vec(a$repeatedConfidenceIntervalUpperBounds), repeated_p = vec(a$repeatedPValues),
    final_p = vec(a$finalPValues), final_lower = vec(a$finalConfidenceIntervalLowerBounds),
    final_upper = vec(a$finalConfidenceIntervalUpperBounds), median = vec(a$medianUnbiasedEstimates),
    hr = num(hr), conditional = vec(a$conditionalPower), conditional_error = vec(a$conditionalRejectionProbabilities))
}
of <- function(rates, alpha = 0.025, sided = 1, ...) getDesignGroupSequential(typeOfDesign = "asOF",
  informationRates = rates, alpha = alpha, sided = sided, ...)
infer("three_to_the_end", of(c(0.4, 0.7, 1)), "asOF", c(0.4, 0.7, 1), c(132, 231, 330), c(-1.1, -1.7, -2.2), 1)
infer("three_not_rejected", of(c(0.4, 0.7, 1)), "asOF", c(0.4, 0.7, 1), c(132, 231, 330), c(-1.1, -1.0, -0.4), 1)
infer("ratio_three", of(c(0.5, 1)), "asOF", c(0.5, 1), c(165, 330), c(-0.2, -2.9), 3)
infer("five", of(1:5 / 5), "asOF", 1:5 / 5, 60 * 1:4, c(-0.4, -1.2, -1.9, -2.6), 1)
infer("pocock_type", getDesignGroupSequential(typeOfDesign = "asP", informationRates = c(0.4, 0.7, 1), alpha = 0.025),
  "asP", c(0.4, 0.7, 1), c(132, 231, 330), c(-1.9, -2.0, -2.4), 2)
infer("futility_ignored", getDesignGroupSequential(typeOfDesign = "asOF", informationRates = c(0.4, 0.7, 1),
  alpha = 0.025, futilityBounds = c(0, 0.5), bindingFutility = FALSE), "asOF", c(0.4, 0.7, 1), c(132, 231, 330),
  c(-0.9, -1.4, -2.15), 1)
infer("two_sided", of(c(0.5, 1), alpha = 0.05, sided = 2), "asOF", c(0.5, 1), c(165, 330), c(-1.5, -2.61), 1,
  alpha = 0.05, sided = 2)
infer("two_sided_three", of(c(0.4, 0.7, 1), alpha = 0.05, sided = 2), "asOF", c(0.4, 0.7, 1), c(132, 231, 330),
  c(0.5, -1.7, -2.2), 2, alpha = 0.05, sided = 2)
infer("conditional_three", of(c(0.4, 0.7, 1)), "asOF", c(0.4, 0.7, 1), 132, -1.5, 1, hr = 0.75, planned = c(99, 99))
infer("conditional_ratio", of(c(0.5, 1)), "asOF", c(0.5, 1), 165, -1.2, 2, hr = 0.7, planned = 165)
cat("{\"made_with\": \"", R.version.string, ", rpact ", as.character(packageVersion("rpact")), "\", \"cases\": [\n",
  paste(out, collapse = ",\n"), "\n]}\n", sep = "")
