# A synthetic cohort of examples/patina and R's analysis of it, frozen together as tests/reference/patina_cohort_r.json:
#     equipoise reconstruct examples/patina/facts.yaml --out /tmp/cohort
#     Rscript tests/reference/patina_cohort_r.R /tmp/cohort > tests/reference/patina_cohort_r.json
# The survival package and binom.test. Times in days; R is given days, and months of 30.4375 days are made of its answers.
suppressMessages(library(survival))
at <- file.path(commandArgs(TRUE)[1], "data")
subjects <- read.csv(file.path(at, "adsl.csv"), colClasses = "character")
times <- read.csv(file.path(at, "adtte.csv"))
best <- read.csv(file.path(at, "adrs.csv"))
subjects$arm <- as.integer(subjects$TRT01P != "Maintenance")
subjects$stratum <- as.integer(interaction(subjects[c("PERTUZ", "PRHER2", "INDRESP", "ENDOCR")], drop = TRUE)) - 1L
d <- merge(times, subjects[c("USUBJID", "arm", "stratum", "NOCRFL")], by = "USUBJID")
d$event <- 1L - d$CNSR
num <- function(x) paste0("[", paste(ifelse(is.na(x), "null", sprintf("%.17g", x)), collapse = ", "), "]")
month <- 30.4375
answers <- function(z, landmark) {
  out <- c()
  for (arm in 0:1) {
    f <- survfit(Surv(AVAL, event) ~ 1, z[z$arm == arm, ], conf.type = "log-log")
    q <- quantile(f, 0.5)
    s <- summary(f, times = landmark * month)
    out <- c(out, sprintf('"median_%d": %s, "survival_%d": %s', arm, num(c(q$quantile, q$lower, q$upper) / month), arm,
                          num(c(s$surv, s$lower, s$upper))))
  }
  cox <- coxph(Surv(AVAL, event) ~ arm + strata(stratum), z, control = coxph.control(eps = 1e-11, iter.max = 50))
  test <- survdiff(Surv(AVAL, event) ~ arm + strata(stratum), z)
  followed <- quantile(survfit(Surv(AVAL, 1 - event) ~ 1, z, conf.type = "log-log"), 0.5)
  paste(c(out, sprintf('"cox": %s', num(c(coef(cox), sqrt(vcov(cox)), exp(confint(cox))))),
          sprintf('"log_rank": %s', num(c(test$chisq, pchisq(test$chisq, 1, lower.tail = FALSE)))),
          sprintf('"follow_up": %s', num(c(followed$quantile, followed$lower, followed$upper) / month))), collapse = ", ")
}
rows <- sapply(c("PFS", "OS", "DOR"), function(name) {
  z <- d[d$PARAMCD == name, ]
  z <- z[order(z$USUBJID), ]
  sprintf('  "%s": {\n   "day": %s,\n   "event": %s,\n   "arm": %s,\n   "stratum": %s,\n   "r": {%s}}', tolower(name),
          num(z$AVAL), num(z$event), num(z$arm), num(z$stratum), answers(z, if (name == "DOR") 24 else 48))
})
b <- merge(best, subjects, by = "USUBJID")
b <- merge(b, d[d$PARAMCD == "PFS", c("USUBJID", "AVAL")], by = "USUBJID")
b$responds <- b$AVALC %in% c("CR", "PR")
b$benefits <- b$responds | (b$AVALC == "SD" & b$AVAL >= 168)
exact <- sapply(list(c("responds", 1), c("responds", 0), c("benefits", 1), c("benefits", 0)), function(x) {
  z <- b[b$arm == x[2] & (x[1] == "benefits" | b$NOCRFL == "Y"), x[1]]
  num(c(sum(z), length(z), binom.test(sum(z), length(z))$conf.int))
})
cat(sprintf('{\n "source": "%s, survival %s; Rscript tests/reference/patina_cohort_r.R; synthetic, not patients",\n "exact": [%s],\n "endpoints": {\n%s\n }\n}\n',
            R.version.string, packageVersion("survival"), paste(exact, collapse = ", "), paste(rows, collapse = ",\n")))
