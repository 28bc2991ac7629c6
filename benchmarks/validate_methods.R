# Answers for benchmarks/validate_methods.py: one `name<TAB>number` a line; `missing<TAB>package` for what is not there.
#     Rscript benchmarks/validate_methods.R FOLDER SET...
# FOLDER holds the data sets. Weights, clusters, starts, three groups and a second cause are made of age, so that every
# set has them: w = 1 + age / 100, clusters of five years, starts at a quarter of the time, groups and cause by age's
# remainders.
suppressMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
have <- sapply(c("cmprsk", "mvtnorm"), requireNamespace, quietly = TRUE)
for (name in names(have)[!have]) cat("missing\t", name, "\n", sep = "")
parts <- c("survival", names(have)[have])
cat("version\t", paste(parts, sapply(parts, function(p) as.character(packageVersion(p))), collapse = ", "), "\n", sep = "")
tell <- function(..., value) {
  name <- paste(..., sep = "/")
  for (i in seq_along(value)) cat(name, "/", i - 1, "\t", formatC(value[i], digits = 17, format = "g"), "\n", sep = "")
}
tight <- coxph.control(eps = 1e-13, iter.max = 100, toler.chol = 1e-14)
pooled <- function(d) {
  f <- survfit(Surv(time, event) ~ 1, d); k <- f$n.event > 0
  list(time = f$time[k], before = c(1, f$surv)[match(f$time[k], f$time)], after = f$surv[k])
}
weighted <- function(d, weights) {  # observed less expected and covariance of weighted log-rank statistics, by definition
  p <- pooled(d); w <- weights(p); u <- 0; v <- 0
  for (i in seq_along(p$time)) {
    n <- sum(d$time >= p$time[i]); n1 <- sum(d$time >= p$time[i] & d$arm == 1)
    e <- sum(d$time == p$time[i] & d$event == 1); e1 <- sum(d$time == p$time[i] & d$event == 1 & d$arm == 1)
    u <- u + w[i, ] * (e1 - e * n1 / n)
    if (n > 1) v <- v + outer(w[i, ], w[i, ]) * e * (n1 / n) * (1 - n1 / n) * (n - e) / (n - 1)
  }
  list(z = -u / sqrt(diag(v)), r = v / sqrt(outer(diag(v), diag(v))))
}
average <- function(d) {  # log of the average hazard ratio and its error, derivatives by differences
  end <- min(tapply(d$time, d$arm, max)); at <- sort(unique(d$time[d$event == 1 & d$time <= end]))
  count <- lapply(0:1, function(a) sapply(at, function(t) c(sum(d$arm == a & d$time == t & d$event == 1), sum(d$arm == a & d$time >= t))))
  hazard <- lapply(count, function(k) ifelse(k[2, ] > 0, k[1, ] / k[2, ], 0))
  ratio <- function(h) {
    s <- lapply(h, function(x) cumprod(1 - x)); b <- lapply(s, function(x) c(1, x[-length(x)]))
    log(sum((s[[1]] + b[[1]]) * (b[[2]] - s[[2]])) / sum((s[[2]] + b[[2]]) * (b[[1]] - s[[1]])))
  }
  variance <- 0
  for (a in 1:2) for (i in seq_along(at)) {
    e <- count[[a]][1, i]; n <- count[[a]][2, i]
    if (e == 0 || e == n) next
    moved <- function(by) { h <- hazard; h[[a]][i] <- h[[a]][i] + by; ratio(h) }
    slope <- function(by) (moved(by) - moved(-by)) / (2 * by)
    variance <- variance + ((64 * slope(2.5e-5) - 20 * slope(5e-5) + slope(1e-4)) / 45)^2 * e * (n - e) / n^3
  }
  c(ratio(hazard), sqrt(variance))
}
root <- function(f, from, to) uniroot(f, c(from, to), tol = 1e-13)$root
cox_rows <- function(set, d) {
  fit <- function(formula, ...) suppressWarnings(do.call(coxph, list(formula, data = d, control = tight, ...)))
  plain <- function(f) c(coef(f)[[1]], sqrt(vcov(f)[1, 1]))
  f <- fit(Surv(time, event) ~ arm, ties = "exact"); tell(set, "discrete", "plain", value = c(plain(f), f$loglik, f$score))
  f <- fit(Surv(time, event) ~ arm + strata(stratum), ties = "exact"); tell(set, "discrete", "stratified", value = c(plain(f), f$loglik, f$score))
  for (ties in c("efron", "breslow")) {
    tell(set, "robust", ties, "robust", value = plain(fit(Surv(time, event) ~ arm + age, ties = ties, robust = TRUE)))
    tell(set, "robust", ties, "clustered", value = plain(fit(Surv(time, event) ~ arm + age, ties = ties, cluster = d$five)))
    tell(set, "robust", ties, "weighted", value = plain(fit(Surv(time, event) ~ arm + age, ties = ties, weights = d$w, robust = TRUE)))
    tell(set, "weighted", ties, value = plain(fit(Surv(time, event) ~ arm + age, ties = ties, weights = d$w, robust = FALSE)))
    f <- fit(Surv(start, time, event) ~ arm + age + strata(stratum), ties = ties); tell(set, "entry", ties, value = c(plain(f), f$loglik, f$score))
    f <- fit(Surv(time, event) ~ arm, ties = ties)
    lost <- function(b) 2 * (f$loglik[2] - coxph(Surv(time, event) ~ offset(b * arm), d, ties = ties)$loglik[1]) - qchisq(0.95, 1)
    tell(set, "profile", ties, value = c(root(lost, coef(f) - 4, coef(f)), root(lost, coef(f), coef(f) + 4)))
    penalized <- function(b) { g <- coxph(Surv(time, event) ~ arm, d, ties = ties, init = b, iter.max = 0); g$loglik[1] - 0.5 * log(g$var[1, 1]) }
    rise <- function(b) { s <- function(h) (penalized(b + h) - penalized(b - h)) / (2 * h); (64 * s(0.005) - 20 * s(0.01) + s(0.02)) / 45 }
    tell(set, "firth", ties, value = root(rise, coef(f) - 1, coef(f) + 1))
    f <- fit(Surv(time, event) ~ arm + age, ties = ties)
    for (g in c("km", "rank", "identity", "log")) tell(set, "zph", ties, g, value = cox.zph(f, transform = g)$table[, "chisq"])
  }
}
test_rows <- function(set, d) {
  four <- list(c(0, 0), c(0, 1), c(1, 0), c(1, 1))
  f <- weighted(d, function(p) sapply(four, function(a) p$before^a[1] * (1 - p$before)^a[2]))
  tell(set, "max_combo_z", value = f$z)
  if (have["mvtnorm"]) {
    three <- f$r[2:4, 2:4]  # the first of the four is a combination of the next two: Miwa's method needs full rank
    f3 <- f$z[2:4]
    tell(set, "max_combo_p", value = c(1 - mvtnorm::pmvnorm(rep(-Inf, 3), rep(max(f3), 3), corr = three, algorithm = mvtnorm::TVPACK(1e-14)),
      1 - mvtnorm::pmvnorm(rep(-max(abs(f3)), 3), rep(max(abs(f3)), 3), corr = three, algorithm = mvtnorm::Miwa(4096))))
  }
  tell(set, "modest", value = c(weighted(d, function(p) cbind(1 / pmax(p$before, 0.5)))$z,
    weighted(d, function(p) cbind(1 / pmax(p$before, min(c(1, p$after[p$time <= middle(d)])))))$z))
  s <- survdiff(Surv(time, event) ~ group + strata(stratum), d)
  sums <- function(x) if (is.matrix(x)) rowSums(x) else x
  u <- sum((0:2) * (sums(s$obs) - sums(s$exp))); tell(set, "trend", value = -u / sqrt(sum(outer(0:2, 0:2) * s$var)))
  a <- summary(survfit(Surv(time, event) ~ arm, d), times = middle(d))
  x <- log(-log(a$surv)); tell(set, "milestone", value = (x[1] - x[2]) / sqrt(sum((a$std.err / (a$surv * log(a$surv)))^2)))
  tell(set, "average", value = average(d))
}
middle <- function(d) sort(d$time)[ceiling(0.4 * nrow(d))]
competing_rows <- function(set, d) {
  d$cause <- d$event * (1 + (floor(d$age) %% 4 == 0)); at <- middle(d)
  for (arm in 0:1) {
    f <- survfit(Surv(time, factor(cause, 0:2)) ~ 1, d[d$arm == arm, ])
    f <- summary(f, times = at); tell(set, "incidence", arm, value = c(f$pstate[2:3], f$std.err[2:3]))
  }
  if (!have["cmprsk"]) return(invisible())
  for (arm in 0:1) {
    f <- cmprsk::timepoints(with(d[d$arm == arm, ], cmprsk::cuminc(time, cause)), at); tell(set, "aalen", arm, value = sqrt(f$var[, 1]))
  }
  tell(set, "gray", "plain", value = cmprsk::cuminc(d$time, d$cause, d$arm)$Tests[, "stat"])
  tell(set, "gray", "stratified", value = cmprsk::cuminc(d$time, d$cause, d$arm, d$stratum)$Tests[, "stat"])
  x <- cbind(d$arm, d$age - mean(d$age)); first <- cmprsk::crr(d$time, d$cause, x, maxiter = 50)
  for (start in c(1, 0.999, 1.001, 0.99, 1.01, 0.9, 1.1, 0.5)) {  # its line search can stop early
    f <- cmprsk::crr(d$time, d$cause, x, gtol = 1e-12, maxiter = 50, init = start * first$coef)
    if (f$converged) break
  }
  stopifnot(f$converged)
  tell(set, "fine_gray", value = c(f$coef, sqrt(diag(f$var))))
}
for (set in commandArgs(trailingOnly = TRUE)[-1]) {
  d <- read.csv(file.path(folder, paste0(set, ".csv")))
  d$w <- 1 + d$age / 100; d$five <- floor(d$age / 5); d$start <- floor(d$time / 4); d$group <- floor(d$age) %% 3
  cox_rows(set, d); test_rows(set, d); competing_rows(set, d)
}
