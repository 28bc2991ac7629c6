# Answers of R's survival package about fitted Cox models, to freeze as survival_diagnostics.json. Run in this folder:
#     Rscript survival_diagnostics.R > survival_diagnostics.json
# R 4.2.2, survival 3.5-3 and its public data sets. Models are fitted to eps = 1e-14, so that their digits are those of
# the maximum. Rows of x are as the model has them; `terms` says which term each column belongs to.
library(survival)
library(splines)
tight <- suppressWarnings(coxph.control(eps = 1e-14, iter.max = 60, toler.inf = 1e-10))

json <- function(x, digits = 13) {
  if (is.null(x)) return("null")
  if (is.list(x)) {
    return(paste0("{", paste(sprintf('"%s": %s', names(x), sapply(x, json, digits)), collapse = ",\n"), "}"))
  }
  if (is.matrix(x)) return(paste0("[", paste(apply(x, 1, json, digits), collapse = ", "), "]"))
  one <- if (is.character(x)) sprintf('"%s"', x) else {
    ifelse(is.finite(x), formatC(x, digits = digits, format = "g", width = 1), "null")
  }
  paste0("[", paste(one, collapse = ", "), "]")
}
matrix_of <- function(x) unname(as.matrix(x))
# The curves that plot.cox.zph draws, caught on their way to the device.
drawn <- function(z, j) {
  caught <- list()
  plotted <- survival:::plot.cox.zph
  environment(plotted) <- list2env(list(lines = function(x, y, ...) caught[[length(caught) + 1]] <<- cbind(x, y)),
                                   parent = environment(survival:::plot.cox.zph))
  pdf(NULL)
  plotted(z, var = j)
  invisible(dev.off())
  list(x = unname(caught[[1]][, 1]), effect = unname(caught[[1]][, 2]), upper = unname(caught[[2]][, 2]), lower = unname(caught[[3]][, 2]))
}
test <- function(f, transform, terms) unname(cox.zph(f, transform = transform, terms = terms)$table)

case <- function(formula, data, ties = "efron", w = NULL, id = NULL, all_residuals = TRUE) {
  data$w <- if (is.null(w)) rep(1, nrow(data)) else w
  data$id <- if (is.null(id)) seq_len(nrow(data)) else id
  environment(formula) <- environment()
  call <- list(formula = formula, data = data, ties = ties, weights = data$w, control = tight, x = TRUE, y = TRUE)
  if (is.null(w)) call$weights <- NULL
  f <- suppressWarnings(do.call(coxph, c(call, list(robust = FALSE))))
  robust <- suppressWarnings(do.call(coxph, c(call, list(cluster = data$id))))
  y <- unclass(f$y)
  out <- list(time = unname(y[, ncol(y) - 1]), event = unname(y[, ncol(y)]), x = matrix_of(f$x),
              stratum = if (length(f$strata)) as.integer(f$strata) - 1 else NULL,
              entry = if (ncol(y) == 3) unname(y[, 1]) else NULL, weights = w, ties = ties,
              cluster = if (is.null(id)) NULL else as.integer(factor(id)) - 1,
              terms = rep(seq_along(f$assign), lengths(f$assign)) - 1, coef = unname(coef(f)), var = unname(f$var),
              robust = unname(robust$var), robust_wald = unname(robust$wald.test), robust_score = unname(robust$rscore))
  if (all_residuals) {
    for (type in c("martingale", "deviance")) out[[type]] <- unname(residuals(f, type = type))
    for (type in c("score", "dfbeta", "dfbetas", "schoenfeld")) out[[type]] <- matrix_of(residuals(f, type = type))
  }
  for (transform in c("km", "rank", "identity", "log")) {
    if (transform == "log" && any(out$time <= 0)) next
    out[[paste0("zph_", transform)]] <- test(f, transform, FALSE)
    out[[paste0("zph_terms_", transform)]] <- test(f, transform, TRUE)
    z <- cox.zph(f, transform = transform, terms = FALSE)
    if (transform %in% c("km", "rank")) out[[paste0("zph_x_", transform)]] <- z$x
    if (transform %in% c("km", "identity")) out[[paste0("smooth_", transform)]] <- drawn(z, ncol(z$y))
  }
  out$zph_time <- z$time
  out$zph_y <- matrix_of(z$y)
  out$zph_var <- unname(z$var)
  out
}

out <- list()
levels(veteran$celltype) <- c("squamous", "small", "adeno", "large")
out$veteran_two <- case(Surv(time, status) ~ trt + karno, veteran, all_residuals = FALSE)
out$veteran_all <- case(Surv(time, status) ~ trt + celltype + karno + diagtime + age + prior, veteran, all_residuals = FALSE)
out$veteran_breslow <- case(Surv(time, status) ~ trt + celltype, veteran, "breslow", all_residuals = FALSE)
out$veteran_stratified <- case(Surv(time, status) ~ trt + karno + age + strata(celltype), veteran, all_residuals = FALSE)
# Many ties: times in blocks of 30 days.
coarse <- transform(kidney, time = ceiling(time / 30), female = sex - 1)
w <- 0.5 + (seq_len(nrow(kidney)) %% 5) / 3
for (ties in c("efron", "breslow")) {
  out[[paste0("kidney_ties_", ties)]] <- case(Surv(time, status) ~ age + disease, coarse, ties, id = kidney$id)
  out[[paste0("kidney_weighted_", ties)]] <- case(Surv(time, status) ~ age + female, coarse, ties, w, kidney$id)
}
out$kidney_strata <- case(Surv(time, status) ~ age + frail + strata(female), coarse, "efron", w, kidney$id)
# `only` varies in the first stratum alone.
out$kidney_partly <- case(Surv(time, status) ~ age + only + strata(female),
                          transform(coarse, only = (1 - female) * (seq_len(nrow(coarse)) %% 3)), "efron")
out$ovarian <- case(Surv(futime, fustat) ~ age + rx, ovarian)
jasa <- transform(heart, transplant = as.numeric(transplant) - 1)
# The patient who entered and died on one day is given half a day, as in the book that the data come from.
jasa$stop <- ifelse(jasa$start == jasa$stop, jasa$stop + 0.5, jasa$stop)
out$heart_efron <- case(Surv(start, stop, event) ~ age + surgery + transplant, jasa, "efron", id = jasa$id)
out$heart_breslow <- case(Surv(start, stop, event) ~ age + year + transplant, jasa, "breslow", all_residuals = FALSE)
late <- transform(jasa, start = floor(start / 20), stop = ceiling(stop / 20))
wj <- 0.5 + (seq_len(nrow(jasa)) %% 4) / 2
for (ties in c("efron", "breslow"))
  out[[paste0("heart_weighted_", ties)]] <- case(Surv(start, stop, event) ~ age + transplant + strata(surgery), late, ties, wj, jasa$id)
cgd$older <- as.numeric(cgd$age > 10)
out$cgd <- case(Surv(tstart, tstop, status) ~ treat + hos.cat + age, cgd, "efron", id = cgd$id, all_residuals = FALSE)
out$cgd_strata <- case(Surv(tstart, tstop, status) ~ treat + inherit + strata(older), cgd, "efron", id = cgd$id, all_residuals = FALSE)
cat(json(out), "\n")
