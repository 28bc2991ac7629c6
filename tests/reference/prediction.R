# Predicted dates of events in small trials, by importance sampling from the prior: parameters are drawn from the prior,
# weighted by the likelihood of the data, and resampled; each then lets the trial go on. No conjugacy, no grid.
# R 4.2.2, base only. Writes tests/reference/prediction.json:
#     Rscript tests/reference/prediction.R > tests/reference/prediction.json
# The priors are those of src/equipoise/kernels/survival_posterior.py and site_rates.py, in words in docs/methods.md.

set.seed(20261123)
PRIOR_DRAWS <- 1e6
FUTURES <- 2e5
truncated <- function(n, sd, reach) qnorm(runif(n, pnorm(-reach), pnorm(reach))) * sd

entry <- c(0, 11, 25, 32, 47, 60, 66, 81, 95, 102, 118, 130, 133, 150, 171, 180)
time <- c(64, 120, 31, 168, 90, 140, 15, 119, 105, 98, 45, 70, 67, 22, 29, 20)
event <- c(1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0)
lost <- c(0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
site <- c(0, 1, 0, 2, 0, 1, 0, 2, 0, 0, 1, 0, 2, 0, 0, 1)
cut <- 200
sites_open <- c(0, 5, 20, 150, 230, 260)

# H(t) with ceiling Inf for none; times in the unit of the data.
hazard <- function(p, t) {
  x <- (t / p$scale)^p$shape
  ifelse(is.finite(p$ceiling), p$ceiling * (1 - exp(-x)), x)
}
log_density <- function(p, t) {
  log_h <- log(p$shape / p$scale) + (p$shape - 1) * log(t / p$scale)
  bounded <- is.finite(p$ceiling)
  log_h[bounded] <- log_h[bounded] + log(p$ceiling[bounded]) - (t / p$scale[bounded])^p$shape[bounded]
  log_h - hazard(p, t)
}

# A schedule of scans every `every` days; 0 for none.
fit_times <- function(every) {
  if (every == 0) return(time)
  before <- floor(time / every) * every
  strictly <- (ceiling(time / every) - 1) * every
  ifelse(event == 1, (strictly + time) / 2, before)
}

from_prior <- function(n, model, unit) {
  shape <- exp(truncated(n, 0.5, 3))
  rate <- rgamma(n, 0.5, 0.5)
  p <- list(shape = shape, scale = rate^(-1 / shape), ceiling = rep(Inf, n))
  exponential <- model == "exponential"
  p$shape[exponential] <- 1
  p$scale[exponential] <- 1 / rate[exponential]
  cure <- model == "cure"
  p$scale[cure] <- exp(truncated(sum(cure), 1.5, 4))
  p$ceiling[cure] <- rgamma(sum(cure), 1, 1 / 3)
  p$scale <- p$scale * unit
  p
}

posterior <- function(model, every) {
  t <- fit_times(every)
  names <- c("exponential", "weibull", "cure")
  drawn <- if (model == "average") sample(names, PRIOR_DRAWS, TRUE, c(0.2, 0.6, 0.2)) else rep(model, PRIOR_DRAWS)
  p <- from_prior(PRIOR_DRAWS, drawn, sum(t) / sum(event))
  log_w <- numeric(PRIOR_DRAWS)
  for (i in seq_along(t)) log_w <- log_w + (if (event[i] == 1) log_density(p, t[i]) else -hazard(p, t[i]))
  w <- exp(log_w - max(log_w))
  w[is.nan(w)] <- 0
  at <- sample.int(PRIOR_DRAWS, FUTURES, TRUE, w)
  list(p = lapply(p, `[`, at), weights = tapply(w, factor(drawn, names), sum) / sum(w), ess = sum(w)^2 / sum(w^2))
}

# Rates of sites: (m, k) from the prior, weighted by negative binomial counts, then a gamma each.
site_rates <- function(opening) {
  if (is.null(opening)) return(list(rate = matrix(rgamma(FUTURES, length(entry) - 0.5) / cut), open = 0))
  count <- tabulate(site + 1, length(opening))
  exposure <- pmax(cut - opening, 0)
  centre <- log(sum(count) / sum(exposure))
  m <- exp(runif(PRIOR_DRAWS, centre - 3, centre + 3))
  k <- exp(log(2) + truncated(PRIOR_DRAWS, 1, 3))
  log_w <- numeric(PRIOR_DRAWS)
  for (s in which(exposure > 0)) log_w <- log_w + dnbinom(count[s], size = k, mu = m * exposure[s], log = TRUE)
  at <- sample.int(PRIOR_DRAWS, FUTURES, TRUE, exp(log_w - max(log_w)))
  rate <- sapply(seq_along(count), function(s) rgamma(FUTURES, k[at] + count[s], k[at] / m[at] + exposure[s]))
  list(rate = rate, open = opening)
}

# Patients to come: each site's own arrivals, merged.
arrivals <- function(rates, patients, end) {
  parts <- lapply(seq_along(rates$open), function(s) {
    gaps <- matrix(rexp(FUTURES * patients), FUTURES) / rates$rate[, s]
    max(cut, rates$open[s]) + t(apply(gaps, 1, cumsum))
  })
  found <- t(apply(do.call(cbind, parts), 1, function(x) sort(x)[1:patients]))
  found[found > end] <- Inf
  found
}

future <- function(p, after, every) {
  u <- hazard(p, after) + rexp(FUTURES)
  bounded <- is.finite(p$ceiling)
  u[bounded] <- -log1p(-pmin(u[bounded] / p$ceiling[bounded], 1))
  t <- p$scale * u^(1 / p$shape)
  if (every > 0) t <- ceiling(t / every) * every
  t
}

case <- function(name, k, model = "average", planned = 0, opening = NULL, end = Inf, every = 0, at = 320) {
  fit <- posterior(model, every)
  loss <- rgamma(FUTURES, 0.5 + sum(lost), sum(time))
  dates <- NULL
  for (i in which(event == 0 & lost == 0)) {
    free <- if (every > 0) floor(time[i] / every) * every else time[i]
    date <- pmax(entry[i] + future(fit$p, free, every), cut)
    date[date - cut > rexp(FUTURES) / loss] <- Inf
    dates <- cbind(dates, date)
  }
  enrolled <- rep(length(entry), FUTURES)
  if (planned > 0) {
    coming <- arrivals(site_rates(opening), planned - length(entry), end)
    enrolled <- enrolled + rowSums(coming <= at)
    for (j in seq_len(ncol(coming))) {
      t <- future(fit$p, 0, every)
      t[t > rexp(FUTURES) / loss] <- Inf
      dates <- cbind(dates, coming[, j] + t)
    }
  }
  kth <- apply(dates, 1, function(x) sort(x)[k - sum(event)])
  text <- function(x) paste0("[", paste(ifelse(is.finite(x), formatC(x, digits = 8, format = "g"), "null"), collapse = ", "), "]")
  q <- quantile(kth, c(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95), type = 1, names = FALSE)
  sprintf(paste0('  {"name": "%s", "event": %d, "model": "%s", "planned": %d, "open": %s, "accrual_end": %s, "scans": %g, "at": %g,\n',
    '   "quantiles": %s, "never": %.5f,\n   "weights": %s, "events_at": %.5f, "enrolled_at": %.5f, "effective": %.0f}'),
    name, k, model, planned, if (is.null(opening)) "null" else text(opening), if (is.finite(end)) end else "null", every, at,
    text(q), mean(is.infinite(kth)), text(ifelse(is.na(fit$weights), 0, fit$weights)),
    sum(event) + mean(rowSums(dates <= at)), mean(enrolled), fit$ess)
}

out <- c(
  case("exponential, nobody to come", 11, "exponential"),
  case("weibull, nobody to come", 10, "weibull"),
  case("cure, one source", 14, "cure", planned = 30),
  case("average, one source", 15, planned = 30),
  case("average, sites, two still to open", 18, planned = 36, opening = sites_open),
  case("weibull, sites, enrollment ends", 15, "weibull", planned = 40, opening = sites_open, end = 245),
  case("average, scans", 13, planned = 26, every = 28)
)
data <- sprintf('{"entry": [%s],\n "time": [%s],\n "event": [%s],\n "lost": [%s],\n "site": [%s],\n "cut": %g,',
  paste(entry, collapse = ", "), paste(time, collapse = ", "), paste(event, collapse = ", "), paste(lost, collapse = ", "),
  paste(site, collapse = ", "), cut)
cat(sprintf('{"made_by": "tests/reference/prediction.R, R %s, %g draws from the prior, %g futures",\n "data":\n %s\n "unit": "days"},\n "cases": [\n',
  getRversion(), PRIOR_DRAWS, FUTURES, data))
cat(paste(out, collapse = ",\n"))
cat("\n]}\n")
