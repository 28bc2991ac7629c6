# Adjusted P values of graphs of hypotheses, by Mediana's chain procedure (R 4.2.2, Mediana 1.0.8, Debian 12).
#     Rscript multiplicity_graphs.R > multiplicity_graphs.json
# Mediana's code is its authors' own; only inputs and outputs are kept here.
suppressMessages(library(Mediana))
set.seed(20261123)
named <- list(
  holm = list(w = rep(1 / 4, 4), g = (1 - diag(4)) / 3),
  fixed = list(w = c(1, 0, 0), g = rbind(c(0, 1, 0), c(0, 0, 1), c(0, 0, 0))),
  fallback = list(w = c(.5, .3, .2), g = rbind(c(0, 1, 0), c(0, 0, 1), c(0, 0, 0))),
  parallel = list(w = c(.5, .5, 0, 0), g = rbind(c(0, 0, .5, .5), c(0, 0, .5, .5), c(0, 0, 0, 1), c(0, 0, 1, 0))),
  two_chains = list(w = c(.5, .5, 0, 0), g = rbind(c(0, 0, 1, 0), c(0, 0, 0, 1), c(0, 1, 0, 0), c(1, 0, 0, 0))),
  pfs_os = list(w = c(.8, .2), g = rbind(c(0, 1), c(1, 0)))
)
random <- function(m) {
  w <- runif(m) * rbinom(m, 1, .7); w <- if (sum(w) == 0) rep(1 / m, m) else w / sum(w)
  g <- matrix(runif(m * m) * rbinom(m * m, 1, .7), m); diag(g) <- 0
  g <- t(apply(g, 1, function(r) if (sum(r) == 0) r else r / sum(r) * sample(c(1, 1, .7), 1)))
  list(w = w, g = g)
}
graphs <- c(named, setNames(lapply(rep(3:6, each = 4), random), sprintf("random_%02d", 1:16)))
number <- function(x) sprintf("%.17g", x)
row <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
cases <- character()
for (name in names(graphs)) {
  graph <- graphs[[name]]; m <- length(graph$w)
  for (kind in 1:2) {
    p <- if (kind == 1) runif(m) * .05 else rbeta(m, .4, 6)
    adjusted <- AdjustPvalues(p, "ChainAdj", par = parameters(weight = graph$w, transition = graph$g))
    rows <- paste0("[", paste(apply(graph$g, 1, row), collapse = ", "), "]")
    cases <- c(cases, sprintf('  {"name": "%s", "weights": %s, "transitions": %s,\n   "p": %s, "adjusted": %s}',
                              name, row(graph$w), rows, row(p), row(adjusted)))
  }
}
cat('{"source": "R 4.2.2, Mediana 1.0.8, AdjustPvalues(proc = \\"ChainAdj\\")", "cases": [\n')
cat(paste(cases, collapse = ",\n"), "\n]}\n")
