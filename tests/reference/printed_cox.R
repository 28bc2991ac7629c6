# A hundred trials analyzed by R and printed as papers print them, frozen as tests/reference/printed_cox.json:
#     Rscript tests/reference/printed_cox.R > tests/reference/printed_cox.json
# Weibull times, exponential loss, enrollment over two years and one data cut; 1:1 to 3:1, 40 to 800 subjects, two strata.
# coxph (Efron, Breslow), stratified or not; P of the Wald, score (log-rank) or likelihood-ratio test. Numbers half up
# and half even: sprintf rounds what the binary number is, half up is written out below; P is rounded or cut off.
suppressMessages(library(survival))
set.seed(20261123)
half_up <- function(x, d) sprintf("%.*f", d, floor(x * 10^d + 0.5 + 1e-9) / 10^d)
half_even <- function(x, d) sprintf("%.*f", d, round(x, d))
cut_off <- function(x, d) sprintf("%.*f", d, floor(x * 10^d + 1e-9) / 10^d)
print_p <- function(p, how) {
  if (p < 0.001) return("<0.001")
  if (p < 0.0095) return(how(p, 3))
  if (p > 0.995) return(">0.99")
  how(p, if (runif(1) < 0.5) 2 else if (p < 0.1) 3 else 2)
}
one <- function(i) {
  n <- round(exp(runif(1, log(40), log(800))))
  x <- rbinom(n, 1, sample(c(1 / 2, 2 / 3, 3 / 4, 1 / 3), 1))
  s <- rbinom(n, 1, 0.4)
  beta <- rnorm(1, -0.25, 0.35)
  shape <- sample(c(0.8, 1, 1.4), 1)
  t <- (rexp(n) / (0.05 * exp(beta * x + 0.5 * s)))^(1 / shape) * if (shape < 1) 0.5 else 1
  late <- runif(1, 26, 72) - runif(n, 0, 24)
  left <- rexp(n, 0.004)
  time <- ceiling(pmin(t, late, left) * 30.4375)
  event <- as.integer(t <= pmin(late, left))
  d <- data.frame(time = time, event = event, x = x, s = s)
  if (sum(event[x == 1]) < 5 || sum(event[x == 0]) < 5) return(NULL)
  stratified <- runif(1) < 0.5
  ties <- sample(c("efron", "breslow"), 1)
  f <- coxph(if (stratified) Surv(time, event) ~ x + strata(s) else Surv(time, event) ~ x, d, ties = ties)
  level <- sample(c(0.95, 0.95, 0.95, 0.95, 0.9, 0.99), 1)
  ci <- exp(coef(f) + c(-1, 1) * qnorm(0.5 + level / 2) * sqrt(vcov(f)[1, 1]))
  test <- sample(c("wald", "score", "lr"), 1)
  a <- summary(f)
  p <- switch(test, wald = a$waldtest[["pvalue"]], score = a$sctest[["pvalue"]], lr = a$logtest[["pvalue"]])
  one_sided <- runif(1) < 0.2
  if (one_sided) p <- if (coef(f) < 0) p / 2 else 1 - p / 2
  how <- if (runif(1) < 0.5) half_up else half_even
  digits <- sample(c(2, 2, 2, 3), 1)
  hr <- exp(coef(f)[[1]])
  sprintf('    {"hr": "%s", "lower": "%s", "upper": "%s", "level": %g, "p": "%s", "sides": %d, "test": "%s", "ties": "%s", "stratified": %s, "events": [%d, %d], "reduction": "%s", "exact": [%.17g, %.17g, %.17g]}',
          how(hr, digits), how(ci[1], digits), how(ci[2], digits), level,
          print_p(p, if (runif(1) < 0.2) cut_off else how), if (one_sided) 1L else 2L, test, ties,
          if (stratified) "true" else "false", sum(event[x == 1]), sum(event[x == 0]), how(100 * (1 - hr), 0),
          hr, sqrt(vcov(f)[1, 1]), p)
}
want <- as.integer(c(commandArgs(TRUE), "100")[1])
rows <- c()
while (length(rows) < want) rows <- c(rows, one())
cat(sprintf('{\n  "source": "%s, survival %s; Rscript tests/reference/printed_cox.R",\n  "trials": [\n%s\n  ]\n}\n',
            R.version.string, packageVersion("survival"), paste(rows, collapse = ",\n")))
