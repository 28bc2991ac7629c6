# Sizes and powers of tests of two response rates, and event probabilities under hazards by steps, from rpact.
#
# Run in this folder: Rscript design_rates.R > design_rates.json   (R 4.2.2, rpact 3.3.4)
suppressPackageStartupMessages(library(rpact))
num <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ","), "]")
sizes <- list(c(.3, .45, 0, 1, .025, .2), c(.1, .2, 0, 2, .025, .1), c(.62, .5, 0, .5, .05, .2), c(.3, .3, -.1, 1, .025, .1),
              c(.3, .3, -.1, 2, .025, .2), c(.8, .77, -.12, 1, .025, .2), c(.05, .07, -.05, 3, .05, .1), c(.4, .65, .05, 1, .025, .1))
out <- character(0)
for (s in sizes) {
  up <- s[2] - s[1] > s[3]
  if (!up) next
  x <- getSampleSizeRates(thetaH0 = s[3], pi1 = s[2], pi2 = s[1], allocationRatioPlanned = s[4], alpha = s[5], beta = s[6],
                          normalApproximation = TRUE)
  out <- c(out, sprintf('{"control":%.17g,"experimental":%.17g,"null":%.17g,"ratio":%.17g,"alpha":%.17g,"beta":%.17g,"n":%.17g}',
                        s[1], s[2], s[3], s[4], s[5], s[6], x$nFixed))
}
powers <- list(c(.3, .42, 0, 1, .025, 300), c(.2, .2, -.08, 1, .025, 700), c(.5, .62, 0, 2, .025, 420))
pw <- character(0)
for (s in powers) {
  x <- getPowerRates(thetaH0 = s[3], pi1 = s[2], pi2 = s[1], allocationRatioPlanned = s[4], alpha = s[5],
                     maxNumberOfSubjects = s[6], normalApproximation = TRUE, directionUpper = TRUE)
  pw <- c(pw, sprintf('{"control":%.17g,"experimental":%.17g,"null":%.17g,"ratio":%.17g,"alpha":%.17g,"n":%.17g,"power":%.17g}',
                      s[1], s[2], s[3], s[4], s[5], s[6], as.numeric(x$overallReject)))
}
times <- c(3, 7.5, 14, 22, 31, 45, 70, 110)
ev <- getEventProbabilities(time = times, piecewiseSurvivalTime = c(0, 4, 10, 20), lambda2 = c(.02, .06, .03, .01),
  lambda1 = c(.03, .03, .012, .012), allocationRatioPlanned = 1.5, accrualTime = c(0, 5, 9, 21), accrualIntensity = c(4, 0.5, 12),
  dropoutRate1 = .08, dropoutRate2 = .15, dropoutTime = 12)
cat('{"provenance":"rpact ', as.character(packageVersion("rpact")), ', script design_rates.R",\n"sizes":[', paste(out, collapse = ",\n"),
    '],\n"powers":[', paste(pw, collapse = ",\n"), '],\n"events":{"time":', num(times), ',"control":', num(ev$eventProbabilities2),
    ',"experimental":', num(ev$eventProbabilities1), ',"overall":', num(ev$overallEventProbabilities), '}}\n', sep = "")
