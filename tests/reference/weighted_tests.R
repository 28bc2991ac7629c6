# Weighted log-rank statistics, tests for trend and milestones from R survival, P values of MaxCombo from mvtnorm.
#
# A weighted log-rank statistic is the score test of a Cox model with the covariate arm * w(t), and with ties = "exact"
# its information at 0 is the hypergeometric variance: so z and correlations come from coxph on follow-up split at every
# event time, and not from the formula of the test.
#
# Run in this folder: Rscript weighted_tests.R > weighted_tests.json   (R 4.2.2, survival 3.5-3, mvtnorm 1.1-3)
suppressPackageStartupMessages({library(survival); library(mvtnorm)})

num <- function(x) paste0("[", paste(ifelse(is.na(x), "null", sprintf("%.17g", x)), collapse = ","), "]")
one <- function(x) if (is.na(x)) "null" else sprintf("%.17g", x)

pooled <- function(d) {  # S(t-) and S(t) of all arms together at each event time
  f <- survfit(Surv(time, event) ~ 1, d)
  k <- f$n.event > 0
  list(time = f$time[k], before = c(1, f$surv)[match(f$time[k], f$time)], after = f$surv[k])
}
split_rows <- function(d, weights) {  # one row a subject and event time, w the weights there
  rows <- NULL
  for (s in sort(unique(d$stratum))) {
    part <- d[d$stratum == s, ]
    p <- pooled(part)
    cuts <- c(0, p$time)
    for (i in seq_along(p$time)) {
      at <- part[part$time >= p$time[i], ]
      w <- weights(p)[i, , drop = FALSE]
      rows <- rbind(rows, data.frame(start = cuts[i], stop = p$time[i],
        event = as.integer(at$time == p$time[i] & at$event == 1), stratum = s,
        x = at$arm * w[rep(1, nrow(at)), , drop = FALSE]))
    }
  }
  names(rows)[-(1:4)] <- paste0("x", seq_len(ncol(rows) - 4))
  rows
}
score_tests <- function(d, weights) {
  rows <- split_rows(d, weights)
  k <- ncol(rows) - 4
  fit <- function(v) coxph(as.formula(paste("Surv(start, stop, event) ~", paste(v, collapse = "+"), "+ strata(stratum)")),
                           rows, ties = "exact", init = rep(0, length(v)), iter.max = 0)
  step <- function(v) coxph(as.formula(paste("Surv(start, stop, event) ~", v, "+ strata(stratum)")), rows,
                            ties = "exact")
  z <- sapply(1:k, function(j) -sign(coef(step(paste0("x", j)))) * sqrt(fit(paste0("x", j))$score))
  r <- diag(k)
  for (i in seq_len(k)) for (j in seq_len(k)) if (i < j) {
    v <- solve(fit(paste0("x", c(i, j)))$var)
    r[i, j] <- r[j, i] <- v[1, 2] / sqrt(v[1, 1] * v[2, 2])
  }
  list(z = unname(z), r = r)
}
fh <- function(pairs) function(p)
  matrix(sapply(pairs, function(a) p$before^a[1] * (1 - p$before)^a[2]), ncol = length(pairs))
modest_t <- function(t) function(p) matrix(1 / pmax(p$before, min(c(1, p$after[p$time <= t]))), ncol = 1)
modest_s <- function(s) function(p) matrix(1 / pmax(p$before, s), ncol = 1)

# Three variables: TVPACK and Miwa are exact. Four: the correlation is singular, where GenzBretz stops too early, by up to
# 1e-5 in these cases; of use for large P only.
tails <- function(z, r) {
  k <- length(z); top <- max(z); far <- max(abs(z))
  set.seed(1)
  alg <- if (k == 3) list(TVPACK(1e-14), Miwa(4096)) else rep(list(GenzBretz(maxpts = 2e6, abseps = 1e-7, releps = 0)), 2)
  c(1 - pmvnorm(rep(-Inf, k), rep(top, k), corr = r, algorithm = alg[[1]]),
    1 - pmvnorm(rep(-far, k), rep(far, k), corr = r, algorithm = alg[[2]]))
}
four <- list(c(0, 0), c(0, 1), c(1, 0), c(1, 1))
other <- list(c(0, 0.5), c(2, 1), c(0, 2))

read <- function(name, stratified) {
  d <- read.csv(file.path("survival", paste0(name, ".csv")))
  if (!stratified) d$stratum <- 1
  d
}
out <- c()
say <- function(...) out <<- c(out, paste0("{", paste0('"', names(list(...)), '": ', unlist(list(...)), collapse = ", "), "}"))
text <- function(x) paste0('"', x, '"')
for (name in c("veteran", "kidney", "ovarian", "lung")) for (stratified in c(FALSE, TRUE)) {
  d <- read(name, stratified)
  if (stratified && length(unique(d$stratum)) < 2) next
  for (set in list(four, other)) {
    f <- score_tests(d, fh(set))
    p <- tails(f$z, f$r)
    say(kind = text("max_combo"), data = text(name), stratified = tolower(stratified),
        weights = paste0("[", paste(sapply(set, num), collapse = ","), "]"), z = num(f$z),
        correlation = paste0("[", paste(apply(f$r, 1, num), collapse = ","), "]"), p_one_sided = one(p[1]),
        p_two_sided = one(p[2]))
  }
  middle <- unname(quantile(d$time[d$event == 1], 0.4, type = 1))
  for (s in c(0.5, 0.8))
    say(kind = text("modest"), data = text(name), stratified = tolower(stratified), s_star = one(s), t_star = "null",
        z = one(score_tests(d, modest_s(s))$z))
  for (t in c(middle, middle + 0.5))
    say(kind = text("modest"), data = text(name), stratified = tolower(stratified), t_star = one(t), s_star = "null",
        z = one(score_tests(d, modest_t(t))$z))
}
d <- read("colon_three_arms", TRUE)
for (scores in list(c(0, 1, 2), c(0, 0, 1), c(5, -1, 2.5))) for (stratified in c(FALSE, TRUE)) {
  d$score <- scores[d$arm + 1]
  f <- if (stratified) coxph(Surv(time, event) ~ score + strata(stratum), d, ties = "exact", init = 0, iter.max = 0)
       else coxph(Surv(time, event) ~ score, d, ties = "exact", init = 0, iter.max = 0)
  sign <- -sign(coef(coxph(Surv(time, event) ~ score, d)))
  say(kind = text("trend"), stratified = tolower(stratified), scores = num(scores), chi_square = one(f$score),
      sign = one(sign))
}
for (name in c("veteran", "lung", "colon_recurrence")) {
  d <- read(name, FALSE)
  for (t in unname(quantile(d$time, c(0.2, 0.5, 0.8), type = 1))) {
    f <- summary(survfit(Surv(time, event) ~ arm, d), times = t)
    g <- log(-log(f$surv)); v <- (f$std.err / (f$surv * log(f$surv)))^2
    say(kind = text("milestone"), data = text(name), time = one(t), z = one((g[1] - g[2]) / sqrt(sum(v))))
  }
}
cat("[\n", paste(out, collapse = ",\n"), "\n]\n", sep = "")
