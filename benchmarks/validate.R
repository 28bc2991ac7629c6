# R survival's answers for benchmarks/validate: one `name<TAB>number` a line.
#     Rscript benchmarks/validate.R FOLDER LANDMARKS
# FOLDER holds the data sets; LANDMARKS has lines of data set, arm, time.
suppressMessages(library(survival))
given <- commandArgs(trailingOnly = TRUE)
folder <- given[1]
landmarks <- read.table(given[2], sep = "\t", col.names = c("set", "arm", "time"), stringsAsFactors = FALSE)
tight <- coxph.control(eps = 1e-12, iter.max = 50)
tell <- function(..., value) {
  name <- paste(..., sep = "/")
  for (i in seq_along(value)) {
    number <- if (is.na(value[i])) "NA" else formatC(value[i], digits = 17, format = "g")
    cat(name, if (length(value) > 1) paste0("/", i - 1), "\t", number, "\n", sep = "")
  }
}
cat("version\t", R.version.string, ", survival ", as.character(packageVersion("survival")), "\n", sep = "")
for (set in unique(landmarks$set)) {
  d <- read.csv(file.path(folder, paste0(set, ".csv")))
  for (interval in c("log", "log-log", "plain")) for (arm in 0:1) {
    f <- survfit(Surv(time, event) ~ 1, d[d$arm == arm, ], conf.type = interval)
    q <- quantile(f, c(0.25, 0.5, 0.75))
    for (part in c("quantile", "lower", "upper")) tell(set, "quantile", interval, arm, part, value = unname(q[[part]]))
    at <- landmarks$time[landmarks$set == set & landmarks$arm == arm]
    s <- summary(f, times = at)
    stopifnot(length(s$time) == length(at))
    for (i in seq_along(at)) {
      place <- sprintf("t%.17g", at[i])
      tell(set, "survival", interval, arm, place, value = c(s$surv[i], s$std.err[i], s$lower[i], s$upper[i]))
    }
  }
  for (rho in 0:1) for (strata in c("plain", "stratified")) {
    formula <- if (strata == "plain") Surv(time, event) ~ arm else Surv(time, event) ~ arm + strata(stratum)
    s <- survdiff(formula, d, rho = rho)
    sums <- function(x) if (is.matrix(x)) rowSums(x) else x
    tell(set, "log_rank", strata, rho, value = c(sums(s$obs), sums(s$exp), s$chisq, pchisq(s$chisq, 1, lower.tail = FALSE)))
  }
  for (ties in c("efron", "breslow")) for (model in c("plain", "stratified", "age")) {
    formula <- list(plain = Surv(time, event) ~ arm, stratified = Surv(time, event) ~ arm + strata(stratum),
                    age = Surv(time, event) ~ arm + age)[[model]]
    f <- coxph(formula, d, ties = ties, control = tight)
    limits <- suppressWarnings(confint(f))[1, ]
    tell(set, "cox", model, ties, value = c(coef(f)[[1]], sqrt(f$var[1, 1]), exp(limits), f$loglik, f$wald.test, f$score))
  }
  tau <- min(tapply(d$time, d$arm, max))
  for (arm in 0:1) {
    table <- summary(survfit(Surv(time, event) ~ 1, d[d$arm == arm, ]), rmean = tau)$table
    tell(set, "rmst", arm, value = c(table[["rmean"]], table[["se(rmean)"]]))
    reverse <- survfit(Surv(time, 1 - event) ~ 1, d[d$arm == arm, ])
    tell(set, "reverse", arm, value = unname(summary(reverse)$table[c("median", "0.95LCL", "0.95UCL")]))
  }
}
