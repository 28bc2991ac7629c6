# Sequential P values and probabilities to stop for harm, by integrals of the multivariate normal (mvtnorm, Miwa).
#     Rscript sequential_p.R > sequential_p.json
suppressMessages(library(mvtnorm))
spend <- list(
  obrien_fleming = function(a, t) ifelse(t >= 1, a, 2 - 2 * pnorm(qnorm(1 - a / 2) / sqrt(t))),
  pocock = function(a, t) ifelse(t >= 1, a, a * log(1 + (exp(1) - 1) * t)),
  hwang_shih_decani = function(a, t) ifelse(t >= 1, a, a * (1 - exp(4 * t)) / (1 - exp(4)))
)
corr <- function(I) outer(I, I, function(x, y) sqrt(pmin(x, y) / pmax(x, y)))
grid <- Miwa(steps = 4097)
below <- function(u, R) if (length(u) == 1) pnorm(u) else as.numeric(pmvnorm(upper = u, corr = R, algorithm = grid))
bounds <- function(a, f, t, I) {
  s <- f(a, t); R <- corr(I); b <- -qnorm(s[1])
  for (k in seq_along(t)[-1])
    b <- c(b, uniroot(function(x) 1 - below(c(b, x), R[1:k, 1:k]) - s[k], c(-4, 9), tol = 1e-13)$root)
  b
}
level <- function(f, t, I, z, k) {
  g <- function(l) bounds(exp(l), f, t[1:k], I[1:k])[k] - z[k]
  if (g(log(.5)) > 0) 1 else exp(uniroot(g, log(c(1e-10, .5)), tol = 1e-13)$root)
}
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
cases <- list(
  list(f = "obrien_fleming", I = c(165, 250, 330), t = c(165, 250, 330) / 344.240395607801, z = c(1.5, 2, 2.5)),
  list(f = "obrien_fleming", I = c(165, 330), t = c(.5, 1), z = c(2.2, 2.0)),
  list(f = "obrien_fleming", I = c(165, 345), t = c(.5, 1), z = c(0.4, 1.969346)),
  list(f = "pocock", I = c(80, 160, 240), t = c(1, 2, 3) / 3, z = c(2.4, 1.0, 2.9)),
  list(f = "pocock", I = c(0.3, 1), t = c(.3, 1), z = c(1.1, 1.3)),
  list(f = "hwang_shih_decani", I = c(100, 190, 200), t = c(.5, .9, 1), z = c(2.0, 2.5, 2.6)),
  list(f = "hwang_shih_decani", I = c(40, 100), t = c(.4, 1), z = c(-0.5, 3.4))
)
say <- function(c) {
  f <- spend[[c$f]]
  p <- cummin(sapply(seq_along(c$z), function(k) level(f, c$t, c$I, c$z, k)))
  sprintf('  {"spending": "%s", "information": %s, "spending_time": %s, "z": %s,\n   "p": %s}',
          c$f, number(c$I), number(c$t), number(c$z), number(p))
}
# Stop for harm at look k: between the bounds before, at or below the bound for harm here.
harm <- list(
  list(I = 120, low = -1, high = 9, mean = 0),
  list(I = c(60, 120), low = c(-1, -1.5), high = c(9, 9), mean = c(0, 0)),
  list(I = c(60, 120), low = c(-1, -9), high = c(2.963, 1.969), mean = log(1.3) * -sqrt(c(60, 120) / 4)),
  list(I = c(50, 100, 150), low = c(-.8, -.9, -1.2), high = c(3.7, 2.5, 2), mean = log(1 / .8) * sqrt(c(50, 100, 150) * 2 / 9)),
  list(I = c(40, 90, 150), low = c(-.5, -.5, -.5), high = c(9, 9, 9), mean = -log(1.2) * sqrt(c(40, 90, 150) / 4))
)
stops <- function(h) {
  K <- length(h$I); R <- corr(h$I)
  sapply(seq_len(K), function(k) {
    low <- c(h$low[seq_len(k - 1)], -Inf); high <- c(h$high[seq_len(k - 1)], h$low[k])
    if (k == 1) pnorm(h$low[1] - h$mean[1]) else
      as.numeric(pmvnorm(low - h$mean[1:k], high - h$mean[1:k], corr = R[1:k, 1:k], algorithm = grid))
  })
}
told <- function(h) sprintf('  {"information": %s, "harm": %s, "efficacy": %s, "mean": %s,\n   "stop": %s}',
                            number(h$I), number(h$low), number(h$high), number(h$mean), number(stops(h)))
cat('{"source": "R 4.2.2, mvtnorm, pmvnorm with Miwa(4097)", "sequential_p": [\n')
cat(paste(sapply(cases, say), collapse = ",\n"), '\n], "harm": [\n')
cat(paste(sapply(harm, told), collapse = ",\n"), "\n]}\n")
