# Answers of R to freeze as tests/reference/proportions.json:
#     Rscript tests/reference/proportions.R > tests/reference/proportions.json
# Base R, and metafor for the common risk difference. Each case is an R expression, evaluated and printed with 17 digits.
suppressMessages(library(metafor))

wilson <- function(x, n, ...) suppressWarnings(prop.test(x, n, correct = FALSE, ...))$conf.int
wilson_cc <- function(x, n, ...) suppressWarnings(prop.test(x, n, correct = TRUE, ...))$conf.int
exact <- function(x, n, ...) binom.test(x, n, ...)$conf.int
pearson <- function(x1, n1, x0, n0) suppressWarnings(prop.test(c(x1, x0), c(n1, n0), correct = FALSE))
# Effects of one table from saturated models fitted by iteration, with Wald limits on the scale of the link.
effect <- function(link, x1, n1, x0, n0) {
  fit <- glm(cbind(c(x1, x0), c(n1 - x1, n0 - x0)) ~ c(1, 0), family = binomial(link),
             start = if (link == "log") c(log(x0 / n0) - 0.01, 0) else NULL,
             control = glm.control(epsilon = 1e-14, maxit = 500))
  exp(coef(fit)[[2]] + c(0, -1, 1) * qnorm(0.975) * sqrt(vcov(fit)[2, 2]))
}
rate_log <- function(x1, t1, x0, t0) {
  fit <- glm(c(x1, x0) ~ c(1, 0) + offset(log(c(t1, t0))), family = poisson,
             control = glm.control(epsilon = 1e-14, maxit = 500))
  exp(coef(fit)[[2]] + c(0, -1, 1) * qnorm(0.975) * sqrt(vcov(fit)[2, 2]))
}
rate_identity <- function(x1, t1, x0, t0) {
  fit <- glm(c(x1, x0) ~ 0 + c(t1, t0) + c(t1, 0), family = poisson("identity"),
             start = c(x0 / t0 * 1.05, 1e-6), control = glm.control(epsilon = 1e-14, maxit = 500))
  coef(fit)[[2]] + c(0, -1, 1) * qnorm(0.975) * sqrt(vcov(fit)[2, 2])
}
# 2 x k x strata table for mantelhaen.test; x and n are strata by arms.
cube <- function(x, n) aperm(array(c(x, n - x), dim = c(dim(x), 2)), c(2, 3, 1))
strata <- function(x1, n1, x0, n0) cube(cbind(x1, x0), cbind(n1, n0))
mh <- function(tab, correct = FALSE) {
  out <- mantelhaen.test(tab, correct = correct)
  if (is.null(out$estimate)) c(out$statistic, out$parameter, out$p.value)
  else c(out$statistic, out$parameter, out$p.value, out$estimate, out$conf.int)
}
sato <- function(x1, n1, x0, n0) {
  out <- rma.mh(measure = "RD", ai = x1, n1i = n1, ci = x0, n2i = n0)
  c(coef(out), out$ci.lb, out$ci.ub)
}
titanic <- margin.table(Titanic, c(1, 4, 2))
ucb <- aperm(UCBAdmissions, c(3, 1, 2))

cases <- c(
  wilson_81_263 = "wilson(81, 263)", wilson_15_148 = "wilson(15, 148)", wilson_0_20 = "wilson(0, 20)",
  wilson_1_29 = "wilson(1, 29)", wilson_29_29 = "wilson(29, 29)", wilson_1_1 = "wilson(1, 1)",
  wilson_7_24_level_90 = "wilson(7, 24, conf.level = 0.9)", wilson_2_100000 = "wilson(2, 100000)",
  wilson_cc_81_263 = "wilson_cc(81, 263)", wilson_cc_15_148 = "wilson_cc(15, 148)",
  wilson_cc_1_29 = "wilson_cc(1, 29)", wilson_cc_0_20 = "wilson_cc(0, 20)", wilson_cc_29_29 = "wilson_cc(29, 29)",
  exact_81_263 = "exact(81, 263)", exact_15_148 = "exact(15, 148)", exact_0_20 = "exact(0, 20)",
  exact_1_29 = "exact(1, 29)", exact_29_29 = "exact(29, 29)", exact_1_1 = "exact(1, 1)",
  exact_7_24_level_999 = "exact(7, 24, conf.level = 0.999)", exact_2_100000 = "exact(2, 100000)",
  pearson_56_70_48_80 = "with(pearson(56, 70, 48, 80), c(statistic, p.value, conf.int))",
  pearson_9_10_3_10 = "with(pearson(9, 10, 3, 10), c(statistic, p.value, conf.int))",
  pearson_5_56_0_29 = "with(pearson(5, 56, 0, 29), c(statistic, p.value, conf.int))",
  odds_56_70_48_80 = "effect('logit', 56, 70, 48, 80)", odds_3_40_11_35 = "effect('logit', 3, 40, 11, 35)",
  risk_56_70_48_80 = "effect('log', 56, 70, 48, 80)", risk_3_40_11_35 = "effect('log', 3, 40, 11, 35)",
  fisher_56_70_48_80 = "fisher.test(matrix(c(56, 14, 48, 32), 2))$p.value",
  fisher_9_10_3_10 = "fisher.test(matrix(c(9, 1, 3, 7), 2))$p.value",
  fisher_0_12_6_12 = "fisher.test(matrix(c(0, 12, 6, 6), 2))$p.value",
  fisher_3_4_1_4 = "fisher.test(matrix(c(3, 1, 1, 3), 2))$p.value",
  fisher_812_1500_760_1480 = "fisher.test(matrix(c(812, 688, 760, 720), 2))$p.value",
  mh_ucb = "mh(UCBAdmissions[2:1, , ])", mh_ucb_corrected = "mh(UCBAdmissions[2:1, , ], correct = TRUE)",
  mh_migraine = "mh(strata(c(16, 12), c(27, 28), c(5, 7), c(25, 26)))",
  mh_migraine_corrected = "mh(strata(c(16, 12), c(27, 28), c(5, 7), c(25, 26)), correct = TRUE)",
  mh_rabbits = "mh(strata(c(0, 3, 6, 5, 2), c(6, 6, 6, 6, 2), c(0, 0, 2, 6, 5), c(5, 6, 6, 6, 5)))",
  mh_single = "mh(array(c(56, 48, 14, 32, 0, 0, 0, 2), c(2, 2, 2)))",
  general_titanic = "mh(titanic)", general_ucb = "mh(ucb)",
  sato_migraine = "sato(c(16, 12), c(27, 28), c(5, 7), c(25, 26))",
  sato_four = "sato(c(25, 34, 28, 52), c(33, 50, 50, 67), c(4, 17, 15, 22), c(17, 25, 25, 33))",
  sato_ucb = "sato(UCBAdmissions[1, 2, ], colSums(UCBAdmissions[, 2, ]), UCBAdmissions[1, 1, ], colSums(UCBAdmissions[, 1, ]))",
  poisson_0_10 = "poisson.test(0, 10)$conf.int", poisson_1_1 = "poisson.test(1, 1)$conf.int",
  poisson_10_1 = "poisson.test(10, 1)$conf.int", poisson_137_2419 = "poisson.test(137, 2419.5, conf.level = 0.9)$conf.int",
  ratio_41_28010_15_19017 = "with(poisson.test(c(41, 15), c(28010, 19017)), c(estimate, conf.int))",
  ratio_0_10_3_12 = "with(poisson.test(c(0, 3), c(10, 12)), c(estimate, conf.int))",
  ratio_3_10_0_12_lower = "poisson.test(c(3, 0), c(10, 12))$conf.int[1]",
  ratio_log_41_28010_15_19017 = "rate_log(41, 28010, 15, 19017)",
  rate_difference_41_28010_15_19017 = "rate_identity(41, 28010, 15, 19017)"
)
answers <- vapply(names(cases), function(name) {
  values <- as.numeric(eval(parse(text = cases[[name]])))
  numbers <- paste(formatC(values, digits = 17, format = "g"), collapse = ", ")
  sprintf("    \"%s\": {\"r\": \"%s\", \"value\": [%s]}", name, cases[[name]], numbers)
}, "")
cat("{\n  \"source\": \"", R.version.string, ", metafor ", as.character(packageVersion("metafor")),
    "; Rscript tests/reference/proportions.R\",\n  \"cases\": {\n", paste(answers, collapse = ",\n"), "\n  }\n}\n", sep = "")
