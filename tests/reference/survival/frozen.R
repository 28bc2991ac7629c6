# Answers of R's survival package to freeze as frozen.json, beyond those of cases.json. Run in this folder:
#     Rscript frozen.R > frozen.json
# R 4.2.2, survival 3.5-3. Cox models are fitted to eps = 1e-14, so that their digits are those of the maximum.
library(survival)
tight <- suppressWarnings(coxph.control(eps = 1e-14, iter.max = 60))

json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) return(paste0("{", paste(sprintf('"%s": %s', names(x), sapply(x, json)), collapse = ", "), "}"))
  if (is.matrix(x)) return(paste0("[", paste(apply(x, 1, json), collapse = ", "), "]"))
  one <- if (is.character(x)) sprintf('"%s"', x) else ifelse(is.finite(x), formatC(x, digits = 17, format = "g"), "null")
  paste0("[", paste(one, collapse = ", "), "]")
}
fit <- function(formula, data, ties, weights = 1) {
  data$weights <- weights
  environment(formula) <- environment()
  f <- suppressWarnings(coxph(formula, data, ties = ties, weights = weights, robust = FALSE, control = tight))
  list(coef = unname(coef(f)), var = unname(f$var), loglik = f$loglik, score = f$score, wald = unname(f$wald.test),
       n = f$n, nevent = f$nevent)
}
test <- function(formula, data, rho = 0) {
  s <- survdiff(formula, data, rho = rho)
  sums <- function(x) if (is.matrix(x)) rowSums(x) else x
  list(n = as.vector(table(data$arm)), observed = sums(s$obs), expected = sums(s$exp), var = unname(s$var), chisq = s$chisq)
}
curve <- function(s) list(time = s$time, n_risk = s$n.risk, n_event = s$n.event, survival = s$surv,
                          std_log = s$std.err, lower = s$lower, upper = s$upper)

out <- list()
colon <- read.csv("colon_three_arms.csv")
colon$arm <- factor(colon$arm)
for (rho in c(0, 0.5, 1)) {
  out[[paste0("colon3_test_", rho)]] <- test(Surv(time, event) ~ arm, colon, rho)
  out[[paste0("colon3_test_stratified_", rho)]] <- test(Surv(time, event) ~ arm + strata(stratum), colon, rho)
}
known <- subset(colon, !is.na(nodes))
for (ties in c("efron", "breslow")) {
  out[[paste0("colon3_arms_", ties)]] <- fit(Surv(time, event) ~ arm, colon, ties = ties)
  out[[paste0("colon3_arms_stratified_", ties)]] <- fit(Surv(time, event) ~ arm + strata(stratum), colon, ties = ties)
  out[[paste0("colon3_covariates_", ties)]] <-
    fit(Surv(time, event) ~ arm + age + nodes + strata(stratum), known, ties = ties)
}
# Weights and doubled rows.
vet <- read.csv("veteran.csv")
vet$stratum <- factor(vet$stratum)
vet$w <- 1 + (vet$id %% 3) / 2
two <- rbind(vet, vet)
for (ties in c("efron", "breslow")) {
  out[[paste0("veteran_weighted_", ties)]] <- fit(Surv(time, event) ~ arm + age + strata(stratum), vet, ties = ties, weights = vet$w)
  out[[paste0("veteran_weight2_", ties)]] <- fit(Surv(time, event) ~ arm + age, vet, ties = ties, weights = 2)
  out[[paste0("veteran_doubled_", ties)]] <- fit(Surv(time, event) ~ arm + age, two, ties = ties)
  out[[paste0("veteran_doubled_arm_", ties)]] <- fit(Surv(time, event) ~ arm, two, ties = ties)
}
out$veteran_weighted_km <- curve(survfit(Surv(time, event) ~ 1, vet, weights = w, robust = FALSE, conf.type = "log"))
out$veteran_doubled_km <- curve(survfit(Surv(time, event) ~ 1, two, conf.type = "log"))
# A column that repeats another one.
vet$age2 <- 2 * vet$age + 3 * vet$arm
out$veteran_collinear_efron <- fit(Surv(time, event) ~ arm + age + age2, vet, ties = "efron")
# No events in arm 1: likelihood-ratio and score tests hold.
lone <- subset(read.csv("ovarian.csv"))
lone$event[lone$arm == 1] <- 0
out$ovarian_no_events_in_arm <- fit(Surv(time, event) ~ arm, lone, ties = "efron")
out$ovarian_no_events_in_arm_age <- fit(Surv(time, event) ~ arm + age, lone, ties = "efron")
# Times that differ in the last bits are one time.
near <- list(time = c(0.3, 0.1 + 0.2, 0.7, 0.1 * 7, 1, 1.1, 1.1), event = c(1, 0, 1, 1, 0, 1, 0))
out$near_ties <- curve(survfit(Surv(near$time, near$event) ~ 1))
# Quantiles by both of R's rules on small tied data; the first ones have S(t) exactly 0.5 up to the end.
set.seed(20261122)
sets <- c(list(list(c(1, 2, 3, 4), c(1, 1, 0, 0)), list(c(1, 2, 3, 4), c(1, 1, 0, 1)), list(c(5, 5, 7, 8), c(1, 1, 0, 0)),
               list(c(3, 3, 3), c(1, 1, 1)), list(c(1, 2, 3), c(0, 0, 0))),
          lapply(1:12, function(i) { n <- sample(2:14, 1); list(sample(1:9, n, TRUE), rbinom(n, 1, 0.6)) }))
quantiles <- list()
for (set in sets) for (type in c("log", "log-log", "plain")) {
  s <- survfit(Surv(set[[1]], set[[2]]) ~ 1, conf.type = type)
  q <- quantile(s, c(0.25, 0.5, 0.75))
  quantiles[[sprintf("q%03d", length(quantiles))]] <- list(
    time = set[[1]], event = set[[2]], type = type, estimate = unname(q$quantile), lower = unname(q$lower),
    upper = unname(q$upper), printed = unname(summary(s)$table[c("median", "0.95LCL", "0.95UCL")]),
    band_lower = s$lower, band_upper = s$upper)
}
out$quantiles <- quantiles
lines <- sapply(names(out), function(k) if (k == "quantiles")
  paste0('"quantiles": [\n', paste(sapply(out[[k]], json), collapse = ",\n"), "\n]") else sprintf('"%s": %s', k, json(out[[k]])))
cat("{\n", paste(lines, collapse = ",\n"), "\n}\n", sep = "")
