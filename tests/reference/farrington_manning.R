# Farrington-Manning tests of a difference in rates against a margin, by rpact (R 4.2.2, rpact 3.3.4).
#     Rscript farrington_manning.R > farrington_manning.json
suppressMessages(library(rpact))
cases <- list(c(40, 60, 45, 60, .1), c(71, 100, 70, 90, .15), c(12, 50, 10, 25, .2), c(150, 200, 77, 100, .05),
              c(5, 80, 3, 80, .1), c(59, 60, 60, 60, .1), c(88, 120, 60, 120, .12))
say <- function(c) {
  data <- getDataset(events1 = c[1], n1 = c[2], events2 = c[3], n2 = c[4])
  design <- getDesignGroupSequential(kMax = 1, alpha = .025)
  r <- getStageResults(design, data, thetaH0 = -c[5], directionUpper = TRUE, normalApproximation = TRUE)
  sprintf('  {"x1": %g, "n1": %g, "x0": %g, "n0": %g, "margin": %g, "z": %.17g, "p": %.17g}',
          c[1], c[2], c[3], c[4], c[5], r$overallTestStatistics[1], r$overallPValues[1])
}
cat('{"source": "rpact 3.3.4, getStageResults(normalApproximation = TRUE)", "cases": [\n')
cat(paste(sapply(cases, say), collapse = ",\n"), "\n]}\n")
