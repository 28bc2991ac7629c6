# Competing risks: what R's cmprsk (Gray's own package) and survival say. From the root of the repository:
#   Rscript tests/reference/cmprsk.R > tests/reference/cmprsk.json
# Data: `mgus2` of R's survival package; 137 bone marrow transplants (Klein and Moeschberger 1997, Survival Analysis,
# table D.1; 1 relapse, 2 death in remission; group 0 ALL, 1 AML low risk, 2 AML high risk); two made-up sets of 240,
# with and without ties; and examples/colon (recurrence, death without it competing).
suppressMessages({library(cmprsk); library(survival)})

bmt <- matrix(as.numeric(scan(text = "
1 2081 0 98 1 1602 0 1720 1 1496 0 127 1 1462 0 168 1 1433 0 93 1 1377 0 2187 1 1330 0 1006 1 996 0 1319 1 226 0 208
1 1199 0 174 1 1111 0 236 1 530 0 151 1 1182 0 203 1 1167 0 191 1 418 2 110 1 383 1 824 1 276 2 146 1 104 1 85
1 609 1 187 1 172 2 129 1 487 2 128 1 662 1 84 1 194 2 329 1 230 1 147 1 526 2 943 1 122 2 2616 1 129 1 937 1 74 1 303
1 122 1 170 1 86 2 239 1 466 2 508 1 192 1 74 1 109 1 393 1 55 1 331 1 1 2 196 1 107 2 178 1 110 1 361 1 332 2 834
2 2569 0 270 2 2506 0 60 2 2409 0 120 2 2218 0 60 2 1857 0 90 2 1829 0 210 2 1562 0 90 2 1470 0 240 2 1363 0 90
2 1030 0 210 2 860 0 180 2 1258 0 180 2 2246 0 105 2 1870 0 225 2 1799 0 120 2 1709 0 90 2 1674 0 60 2 1568 0 90
2 1527 0 450 2 1324 0 75 2 957 0 90 2 932 0 60 2 847 0 75 2 848 0 180 2 1850 0 180 2 1843 0 270 2 1535 0 180
2 1447 0 150 2 1384 0 120 2 414 2 120 2 2204 2 60 2 1063 2 270 2 481 2 90 2 105 2 120 2 641 2 90 2 390 2 120
2 288 2 90 2 421 1 90 2 79 2 90 2 748 1 60 2 486 1 120 2 48 2 150 2 272 1 120 2 1074 2 150 2 381 1 120 2 10 2 240
2 53 2 180 2 80 2 150 2 35 2 150 2 248 1 30 2 704 2 105 2 211 1 90 2 219 1 120 2 606 1 210
3 2640 0 750 3 2430 0 24 3 2252 0 120 3 2140 0 210 3 2133 0 240 3 1238 0 240 3 1631 0 690 3 2024 0 105 3 1345 0 120
3 1136 0 900 3 845 0 210 3 422 1 210 3 162 2 300 3 84 1 105 3 100 1 210 3 2 2 75 3 47 1 90 3 242 1 180 3 456 1 630
3 268 1 180 3 318 2 300 3 32 1 90 3 467 1 120 3 47 1 135 3 390 1 210 3 183 2 120 3 105 2 150 3 115 1 270 3 164 2 285
3 93 1 240 3 120 1 510 3 80 2 780 3 677 2 150 3 64 1 180 3 168 2 150 3 74 2 750 3 16 2 180 3 157 1 180 3 625 1 150
3 48 1 210 3 273 1 240 3 63 2 360 3 76 1 330 3 113 1 240 3 363 2 180", quiet = TRUE)), ncol = 4, byrow = TRUE)
bmt <- data.frame(time = bmt[, 2], status = bmt[, 3], arm = bmt[, 1] - 1, stratum = as.numeric(bmt[, 4] > 150),
                  x = log(bmt[, 4]))

made <- function(ties) {
  n <- 240
  arm <- rep(0:2, length.out = n); stratum <- sample(0:2, n, TRUE); x <- round(rnorm(n), 3)
  t1 <- rexp(n, .1 * exp(-.4 * arm + .3 * stratum)); t2 <- rexp(n, .07 * exp(.2 * x)); censored <- runif(n, 1, 18)
  time <- pmin(t1, t2, censored)
  status <- ifelse(time == censored, 0, ifelse(time == t1, 1, 2))
  data.frame(time = if (ties) ceiling(time) else round(time, 6), status = status, arm = arm, stratum = stratum, x = x)
}
set.seed(7)
continuous <- made(FALSE); tied <- made(TRUE)
stopifnot(!anyDuplicated(continuous$time))

wide <- read.csv("examples/colon/data/colon.csv")
wide <- merge(wide[wide$etype == 1, ], wide[wide$etype == 2, c("id", "time", "status")], by = "id", suffixes = c("", ".d"))
colon <- with(wide, data.frame(
  time = ifelse(status == 1, time, ifelse(status.d == 1, time.d, pmin(time, time.d))),
  status = ifelse(status == 1, 1, 2 * status.d), arm = match(rx, c("Obs", "Lev", "Lev+5FU")) - 1, stratum = node4, x = age))

mgus <- with(mgus2, data.frame(time = ifelse(pstat == 0, futime, ptime), status = ifelse(pstat == 0, 2 * death, 1),
                               arm = as.numeric(sex == "M"), stratum = as.numeric(age > 70), x = age))

number <- function(x) ifelse(is.na(x), "null", trimws(formatC(x, digits = 17, format = "g")))
flat <- function(x) paste0("[", paste(number(as.vector(t(x))), collapse = ", "), "]")
entry <- function(name, x) sprintf('  "%s": %s', name, flat(x))

gray <- function(name, ci) c(entry(paste0(name, "_stat"), ci$Tests[, "stat"]), entry(paste0(name, "_p"), ci$Tests[, "pv"]))

# crr gives up where its line search meets rounding; from another start it reaches the gradient asked for.
tight <- function(...) {
  first <- crr(..., maxiter = 50)
  for (start in c(1, 0.999, 1.001, 0.99, 1.01, 0.9, 1.1, 0.5)) {
    fit <- crr(..., gtol = 1e-12, maxiter = 50, init = start * first$coef)
    if (fit$converged) return(fit)
  }
  stop("crr did not converge")
}

answers <- function(d, times, keep) {
  arms <- max(d$arm)
  ci <- cuminc(d$time, d$status, d$arm)
  at <- timepoints(ci, times)
  two <- d$arm == 0 | d$arm == arms
  x <- cbind(sapply(1:arms, function(a) as.numeric(d$arm == a)), d$x)
  fit <- tight(d$time, d$status, x)
  apart <- tight(d$time, d$status, x, cengroup = d$arm)
  other <- tight(d$time, d$status, x, failcode = 2)
  d$event <- factor(d$status, 0:2)
  curves <- function(type, ...) {
    s <- summary(survfit(Surv(time, event) ~ 1, d, conf.type = type, ...), times = times)
    list(est = t(s$pstate[, -1]), se = t(s$std.err[, -1]), lower = t(s$lower[, -1]), upper = t(s$upper[, -1]))
  }
  multi <- lapply(c(log = "log", log_log = "log-log", plain = "plain"), curves)
  weighted <- curves("log", weights = d$stratum + 1, cluster = seq_len(nrow(d)))
  out <- c(entry("times", times), entry("estimate", at$est), entry("variance", at$var), gray("plain", ci),
    gray("stratified", cuminc(d$time, d$status, d$arm, d$stratum)),
    gray("rho", cuminc(d$time, d$status, d$arm, d$stratum, rho = 1)),
    gray("two", cuminc(d$time[two], d$status[two], d$arm[two], d$stratum[two])),
    entry("coef", fit$coef), entry("var", fit$var), entry("loglik", c(fit$loglik.null, fit$loglik)),
    entry("coef_2", other$coef), entry("var_2", other$var),
    entry("coef_apart", apart$coef), entry("loglik_apart", c(apart$loglik.null, apart$loglik)),
    entry("multi_estimate", multi$log$est), entry("multi_se", multi$log$se), entry("weighted_estimate", weighted$est),
    entry("weighted_se", weighted$se))
  for (type in names(multi)) out <- c(out, entry(paste0("lower_", type), multi[[type]]$lower),
                                      entry(paste0("upper_", type), multi[[type]]$upper))
  if (!anyDuplicated(d$time)) {
    # survival::finegray; without ties of events and censorings both packages weight alike.
    long <- finegray(Surv(time, event) ~ ., data = data.frame(d[, c("time", "event")], x, id = seq_len(nrow(d))))
    cox <- coxph(as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", paste0("X", seq_len(ncol(x)), collapse = "+"))),
                 long, weights = fgwt, ties = "breslow", cluster = id)
    out <- c(out, entry("finegray_coef", cox$coef), entry("finegray_robust", cox$var))
  }
  if (keep) for (field in c("time", "status", "arm", "stratum", "x")) out <- c(out, entry(field, d[[field]]))
  paste(out, collapse = ",\n")
}

cat("{\n", paste(c(
  sprintf('"versions": "R %s, cmprsk %s, survival %s"', getRversion(), packageVersion("cmprsk"), packageVersion("survival")),
  sprintf('"bmt": {\n%s\n}', answers(bmt, c(100, 365, 730), TRUE)),
  sprintf('"continuous": {\n%s\n}', answers(continuous, c(2, 5, 9), TRUE)),
  sprintf('"tied": {\n%s\n}', answers(tied, c(2, 5, 9), TRUE)),
  sprintf('"colon": {\n%s\n}', answers(colon, c(365.25, 1095.75, 1826.25), FALSE)),
  sprintf('"mgus2": {\n%s\n}', answers(mgus, c(60, 120, 240), TRUE))), collapse = ",\n"), "\n}\n", sep = "")
