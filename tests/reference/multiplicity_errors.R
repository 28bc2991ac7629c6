# Family-wise errors of group-sequential graphs as integrals of the multivariate normal (R 4.2.2, mvtnorm, GenzBretz).
#     Rscript multiplicity_errors.R > multiplicity_errors.json
# With all nulls true any rejection begins at the shares of the start: the error is the probability that any z crosses the
# bound that belongs to its share. Behind a hypothesis that is rejected for sure at the first look those left have its share.
suppressMessages(library(mvtnorm))
set.seed(1)
ldof <- function(a, t) ifelse(t >= 1, a, 2 - 2 * pnorm(qnorm(1 - a / 2) / sqrt(t)))
pocock <- function(a, t) ifelse(t >= 1, a, a * log(1 + (exp(1) - 1) * t))
hsd2 <- function(a, t) ifelse(t >= 1, a, a * (1 - exp(2 * t)) / (1 - exp(2)))
corr <- function(I) outer(I, I, function(x, y) sqrt(pmin(x, y) / pmax(x, y)))
below <- function(u, R) if (length(u) == 1) pnorm(u) else as.numeric(pmvnorm(upper = u, corr = R, algorithm = Miwa(4097)))
bounds <- function(a, f, I) {
  t <- I / max(I); s <- f(a, t); R <- corr(I); b <- -qnorm(s[1])
  for (k in seq_along(t)[-1])
    b <- c(b, uniroot(function(x) 1 - below(c(b, x), R[1:k, 1:k]) - s[k], c(-4, 9), tol = 1e-12)$root)
  b
}
exact_pocock <- function(a, I) {
  c0 <- uniroot(function(x) 1 - below(rep(x, length(I)), corr(I)) - a, c(1, 6), tol = 1e-12)$root
  rep(c0, length(I))
}
# looks: list of vectors of information at the looks of the trial, NA where not analyzed; steps share a part rho
joint <- function(looks, rho) {
  steps <- lapply(looks, function(I) { d <- I; prev <- 0; for (t in seq_along(I)) if (is.na(I[t])) d[t] <- 0 else { d[t] <- I[t] - prev; prev <- I[t] }; d })
  id <- do.call(rbind, lapply(seq_along(looks), function(h) cbind(h, which(!is.na(looks[[h]])))))
  R <- diag(nrow(id))
  for (i in seq_len(nrow(id))) for (j in seq_len(nrow(id))) {
    h <- id[i, 1]; g <- id[j, 1]; u <- seq_len(min(id[i, 2], id[j, 2]))
    cov <- if (h == g) sum(steps[[h]][u]) else rho * sum(sqrt(steps[[h]][u] * steps[[g]][u]))
    R[i, j] <- cov / sqrt(looks[[h]][id[i, 2]] * looks[[g]][id[j, 2]])
  }
  R
}
any_of <- function(looks, rho, b)
  1 - as.numeric(pmvnorm(upper = unlist(b), corr = joint(looks, rho), algorithm = GenzBretz(maxpts = 2e7, abseps = 2e-7)))
two <- list(c(120, 240, NA), c(60, 150, 260)); three <- rep(list(c(40, 70, 100)), 3); third <- .025 / 3
os <- c(150, 300)
out <- c(
  "PFS HR 0.5, OS null; OS at the full 0.025 at both looks (the usual error)" =
    1 - below(rep(qnorm(.975), 2), corr(os)),
  "PFS HR 0.5, OS null; OS spends 0.025 on its own information" = 1 - below(bounds(.025, ldof, os), corr(os)),
  "PFS and OS null, shares 0.8 and 0.2" = any_of(two, .3, list(bounds(.02, ldof, c(120, 240)), bounds(.005, ldof, c(60, 150, 260)))),
  "PFS and OS null, shares 0.8 and 0.2, looking back" =
    any_of(two, .3, list(bounds(.02, ldof, c(120, 240)), bounds(.005, ldof, c(60, 150, 260)))),
  "PFS HR 0.5, OS null, shares 0.8 and 0.2, looking back" = .025,
  "Holm over three nulls with bounds of three kinds" =
    any_of(three, .3, list(bounds(third, ldof, three[[1]]), bounds(third, pocock, three[[1]]), bounds(third, hsd2, three[[1]]))),
  "Gatekeeper false and rejected, two nulls behind it" =
    any_of(three[1:2], .3, list(bounds(.015, pocock, three[[1]]), bounds(.01, hsd2, three[[1]]))),
  "Three nulls, Pocock's bounds, alike statistics" = any_of(three, .9, rep(list(exact_pocock(third, three[[1]])), 3))
)
cat('{"source": "R 4.2.2, mvtnorm", "errors": {\n')
cat(paste(sprintf('  "%s": %.10f', names(out), out), collapse = ",\n"), "\n}}\n")
