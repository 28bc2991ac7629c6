# Limits of a proportion by R, frozen as tests/reference/binomial_limits.json:
#     Rscript tests/reference/binomial_limits.R > tests/reference/binomial_limits.json
# binom.test (Clopper-Pearson), prop.test (Wilson, without and with continuity correction), qbeta (Jeffreys, with 0 and 1
# at the ends as in Brown, Cai and DasGupta 2001), the mid-P tails solved by uniroot, Wald's on the plain, logit and arcsine
# scale. Agresti-Coull's are those of statsmodels: binomial_limits_statsmodels.py. prop.test's correction is at most
# |x - n p0|: p0 is put where that is no limit.
mid_p <- function(k, n, a) {
  solve <- function(f) uniroot(f, c(0, 1), tol = 1e-17, maxiter = 5000)$root
  c(if (k == 0) 0 else solve(function(p) pbinom(k, n, p, lower.tail = FALSE) + 0.5 * dbinom(k, n, p) - a),
    if (k == n) 1 else solve(function(p) pbinom(k - 1, n, p) + 0.5 * dbinom(k, n, p) - a))
}
limits <- function(method, k, n, level) {
  a <- (1 - level) / 2
  z <- qnorm(a, lower.tail = FALSE)
  p <- k / n
  switch(method,
    clopper_pearson = binom.test(k, n, conf.level = level)$conf.int,
    wilson = suppressWarnings(prop.test(k, n, correct = FALSE, conf.level = level))$conf.int,
    wilson_cc = suppressWarnings(prop.test(k, n, p = if (2 * k == n) 0.01 else 0.5, conf.level = level))$conf.int,
    wald = pmin(1, pmax(0, p + c(-1, 1) * z * sqrt(p * (1 - p) / n))),
    jeffreys = c(if (k == 0) 0 else qbeta(a, k + 0.5, n - k + 0.5),
                 if (k == n) 1 else qbeta(a, k + 0.5, n - k + 0.5, lower.tail = FALSE)),
    mid_p = mid_p(k, n, a),
    logit = plogis(qlogis(p) + c(-1, 1) * z * sqrt(1 / k + 1 / (n - k))),
    arcsine = sin(pmin(pi / 2, pmax(0, asin(sqrt(p)) + c(-1, 1) * z / 2 / sqrt(n))))^2)
}
at <- list(c(76, 231, 0.95), c(57, 230, 0.95), c(232, 261, 0.9), c(208, 257, 0.9695), c(0, 20, 0.95), c(0, 1, 0.9),
           c(29, 29, 0.99), c(1, 300, 0.992), c(299, 300, 0.8), c(3, 7, 0.97), c(50, 100, 0.9503), c(1, 2, 0.95))
lines <- c()
for (x in at) for (method in c("clopper_pearson", "wilson", "wilson_cc", "wald", "jeffreys", "mid_p", "logit", "arcsine")) {
  if (method %in% c("logit", "arcsine") && x[1] %in% c(0, x[2])) next
  v <- limits(method, x[1], x[2], x[3])
  lines <- c(lines, sprintf('    ["%s", %d, %d, %.15g, %.17g, %.17g]', method, x[1], x[2], x[3], v[1], v[2]))
}
cat(sprintf('{\n  "source": "%s; Rscript tests/reference/binomial_limits.R",\n  "limits": [\n%s\n  ]\n}\n',
            R.version.string, paste(lines, collapse = ",\n")))
