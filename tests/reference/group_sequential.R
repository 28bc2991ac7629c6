# Crossing probabilities by multivariate normal integrals (mvtnorm: TVPACK for up to three looks, Miwa with 4,097 points
# beyond), which know nothing of looks, and two-sided and listed bounds of rpact. From the root of the repository:
#   Rscript tests/reference/group_sequential.R > tests/reference/group_sequential.json
suppressMessages({library(mvtnorm); library(rpact); library(jsonlite)})

box <- function(lower, upper, mean, information) {
  k <- length(information)
  if (k == 1) return(pnorm(upper - mean) - pnorm(lower - mean))
  corr <- outer(seq_len(k), seq_len(k), function(i, j)
    sqrt(pmin(information[i], information[j]) / pmax(information[i], information[j])))
  algorithm <- if (k <= 3) TVPACK(abseps = 1e-14) else Miwa(steps = 4097)
  # TVPACK integrates from -Inf or to Inf only: a box is a signed sum of orthants.
  if (k <= 3) {
    total <- 0
    for (code in 0:(2^k - 1)) {
      low <- bitwAnd(bitwShiftR(code, 0:(k - 1)), 1) == 1
      at <- ifelse(low, lower, upper) - mean
      if (any(at == -Inf)) next
      keep <- is.finite(at)
      value <- if (!any(keep)) 1 else if (sum(keep) == 1) pnorm(at[keep]) else
        pmvnorm(upper = at[keep], corr = corr[keep, keep], algorithm = algorithm)[1]
      total <- total + (-1)^sum(low) * value
    }
    return(total)
  }
  # Miwa says that it takes 1000 for infinity.
  suppressWarnings(pmvnorm(lower - mean, upper - mean, corr = corr, algorithm = algorithm)[1])
}

crossing <- function(name, information, upper, lower = rep(-Inf, length(upper)), mean = rep(0, length(upper))) {
  k <- length(information)
  up <- down <- numeric(k)
  for (j in seq_len(k)) {
    before <- seq_len(j - 1)
    up[j] <- box(c(lower[before], upper[j]), c(upper[before], Inf), mean[1:j], information[1:j])
    down[j] <- if (lower[j] == -Inf) 0 else
      box(c(lower[before], -Inf), c(upper[before], lower[j]), mean[1:j], information[1:j])
  }
  list(name = name, information = information, upper = upper, lower = lower, mean = mean, above = up, below = down)
}

crossings <- list(
  crossing("one look", 7, 1.96, mean = 2.5),
  crossing("two looks", c(0.5, 1), c(2.963, 1.969)),
  crossing("two looks, an effect", c(0.5, 1), c(2.963, 1.969), mean = c(2.3, 3.25)),
  crossing("two looks, a harmful effect", c(0.5, 1), c(2.178, 2.178), c(-2.178, -2.178), c(-8, -8)),
  crossing("three looks, futility", c(165, 250, 330), c(2.96, 2.36, 2.01), c(0.08, 1.0, 2.01), c(2.3, 2.9, 3.3)),
  crossing("three looks, a look without efficacy", c(0.2, 0.7, 1), c(Inf, 2.4, 2.0), c(-0.5, Inf * -1, 1.2)),
  crossing("three looks, the last two close", c(0.5, 0.98, 1), c(2.9, 2.0, 2.0), c(0, 0.5, -Inf), c(1, 1.4, 1.414)),
  crossing("three looks, the first two close", c(0.49, 0.5, 1), c(2.9, 2.9, 2.0)),
  crossing("three looks, means that jump", c(1, 2, 3), c(2.4, 2.4, 2.4), c(-3, -3, -3), c(-1, 3, 0)),
  crossing("five looks", (1:5) / 5, c(4.877, 3.357, 2.680, 2.290, 2.031)),
  crossing("five looks, an effect", (1:5) / 5, rep(2.413, 5), mean = 3.2 * sqrt((1:5) / 5)),
  crossing("five looks, both sides", (1:5) / 5, rep(2.413, 5), rep(-2.413, 5), 1.5 * sqrt((1:5) / 5)),
  crossing("six looks, unequal, futility", c(0.1, 0.3, 0.45, 0.6, 0.9, 1), c(2.66, 2.45, 2.47, 2.46, 2.34, 2.43),
           c(-1, 0, 0.4, 0.8, 1.5, 2.0), 3 * sqrt(c(0.1, 0.3, 0.45, 0.6, 0.9, 1)))
)

bounds <- function(name, ..., alpha, sided) {
  d <- getDesignGroupSequential(..., alpha = alpha, sided = sided, beta = 0.1, tolerance = 1e-10)
  x <- getDesignCharacteristics(d)
  list(name = name, fractions = d$informationRates, alpha = alpha, sided = sided, upper = d$criticalValues,
       spent = d$alphaSpent, shift = x$shift, power = x$power)
}
t3 <- c(0.3, 0.75, 1)
two_sided <- list(
  bounds("pocock", typeOfDesign = "P", informationRates = (1:5) / 5, alpha = 0.05, sided = 2),
  bounds("obrien_fleming", typeOfDesign = "OF", informationRates = t3, alpha = 0.05, sided = 2),
  bounds("wang_tsiatis", typeOfDesign = "WT", deltaWT = 0.25, informationRates = (1:4) / 4, alpha = 0.1, sided = 2),
  bounds("pocock_type", typeOfDesign = "asP", informationRates = (1:5) / 5, alpha = 0.2, sided = 2),
  bounds("obrien_fleming_type", typeOfDesign = "asOF", informationRates = c(0.5, 1), alpha = 0.05, sided = 2)
)
listed <- list(
  bounds("none at first", typeOfDesign = "asUser", userAlphaSpending = c(0, 0.01, 0.025), informationRates = t3,
         alpha = 0.025, sided = 1),
  bounds("twenty looks", typeOfDesign = "asKD", gammaA = 1.5, informationRates = (1:20) / 20, alpha = 0.025, sided = 1)
)

cat(toJSON(list(
  provenance = paste0(R.version.string, ", mvtnorm ", packageVersion("mvtnorm"), ", rpact ", packageVersion("rpact")),
  crossings = crossings, two_sided = two_sided, listed = listed
), digits = NA, auto_unbox = TRUE, pretty = 1))
