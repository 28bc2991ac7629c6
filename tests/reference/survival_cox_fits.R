# Cox fits of R's survival package with delayed entry, weights, strata and ties, frozen in survival_cox_fits.json.
# Run in this folder: Rscript survival_cox_fits.R. Data sets are those of the package: heart (Stanford transplants), cgd
# (granulomatous disease), veteran, ovarian. Needs survival and jsonlite.
library(survival)
control <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-16)

answer <- function(fit) {
  list(coef = unname(coef(fit)), var = unname(fit$var), loglik = fit$loglik, score = unname(fit$score),
       wald = unname(fit$wald.test), n = fit$n, nevent = fit$nevent)
}

# Limits of coefficient `j`: where the profile, by offsets, falls by the quantile. `top` is the supremum.
profile <- function(data, response, columns, j, ties, strata = NULL, top = NULL) {
  x <- as.matrix(data[columns])
  rest <- x[, -j, drop = FALSE]
  s <- if (is.null(strata)) rep(1, nrow(x)) else data[[strata]]
  level <- function(b) {
    off <- b * x[, j]
    fit <- if (ncol(rest)) coxph(response ~ rest + offset(off) + strata(s), ties = ties, control = control)
           else coxph(response ~ offset(off) + strata(s), ties = ties, control = control)
    tail(fit$loglik, 1)
  }
  full <- suppressWarnings(coxph(response ~ x + strata(s), ties = ties, control = control))
  peak <- coef(full)[j]
  if (is.null(top)) top <- full$loglik[2]
  excess <- function(b) level(b) - top + qchisq(0.95, 1) / 2
  half <- 6 / max(1, sd(x[, j]))
  lower <- tryCatch(uniroot(excess, c(peak - half, peak), tol = 1e-13)$root, error = function(e) NA)
  upper <- tryCatch(uniroot(excess, c(peak, peak + half), tol = 1e-13)$root, error = function(e) NA)
  c(lower, upper)
}

out <- list(R = R.version.string, survival = as.character(packageVersion("survival")))

h <- heart
h$transplant <- as.numeric(h$transplant) - 1
out$heart_data <- h[c("start", "stop", "event", "age", "year", "surgery", "transplant")]
c2 <- cgd
c2$arm <- as.numeric(c2$treat) - 1
c2$site <- as.numeric(factor(c2$hos.cat)) - 1
c2$w <- 1 + (c2$id %% 3) / 2
out$cgd_data <- c2[c("tstart", "tstop", "status", "arm", "age", "steroids", "site", "w")]
v <- veteran
v$arm <- as.numeric(v$trt) - 1
v$cell <- as.numeric(v$celltype) - 1
v$week <- ceiling(v$time / 7)       # many ties
v$entry <- floor(v$week * ((seq_len(nrow(v)) * 7) %% 10) / 10)
v$entry <- pmin(v$entry, v$week - 1)
v$start <- pmin(floor(v$time * ((seq_len(nrow(v)) * 7) %% 10) / 10), v$time - 1)
v$w <- 1 + (seq_len(nrow(v)) %% 4) / 4
out$veteran_data <- v[c("time", "start", "week", "entry", "status", "arm", "age", "karno", "cell", "w")]

for (ties in c("efron", "breslow", "exact")) {
  name <- function(what) paste(what, ties, sep = "_")
  # With entries R sums over all subsets one by one: weeks would take hours, days have few ties.
  entered <- if (ties == "exact") Surv(v$start, v$time, v$status) else Surv(v$entry, v$week, v$status)
  out[[name("heart")]] <- answer(coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, h, ties = ties, control = control))
  out[[name("heart_transplant")]] <- answer(coxph(Surv(start, stop, event) ~ transplant, h, ties = ties, control = control))
  out[[name("heart_strata")]] <- answer(coxph(Surv(start, stop, event) ~ age + transplant + strata(surgery), h, ties = ties, control = control))
  out[[name("cgd")]] <- answer(coxph(Surv(tstart, tstop, status) ~ arm + age + steroids + strata(site), c2, ties = ties, control = control))
  out[[name("entry")]] <- answer(coxph(entered ~ arm + age + karno, v, ties = ties, control = control))
  out[[name("entry_arm")]] <- answer(coxph(entered ~ arm + strata(cell), v, ties = ties, control = control))
  out[[name("cells")]] <- answer(coxph(Surv(week, status) ~ factor(cell), v, ties = ties, control = control))
  out[[name("entry_cells")]] <- answer(coxph(entered ~ factor(cell), v, ties = ties, control = control))
  out[[name("week")]] <- answer(coxph(Surv(week, status) ~ arm + age + karno + strata(cell), v, ties = ties, control = control))
  if (ties != "exact") {
    out[[name("cgd_weights")]] <- answer(coxph(Surv(tstart, tstop, status) ~ arm + age + steroids + strata(site), c2, weights = w, robust = FALSE, ties = ties, control = control))
    out[[name("entry_weights")]] <- answer(coxph(entered ~ arm + age + karno, v, weights = w, robust = FALSE, ties = ties, control = control))
  }
  out[[name("profile_week")]] <- profile(v, Surv(v$week, v$status), c("arm", "age", "karno"), 1, ties, "cell")
  out[[name("profile_arm")]] <- profile(v, Surv(v$week, v$status), "arm", 1, ties)
  out[[name("profile_entry")]] <- profile(v, entered, c("arm", "age", "karno"), 3, ties)
}

# One arm of `ovarian` without events: the estimate is infinite, the limit on the other side is not. The supremum of the
# likelihood is that of a coefficient of 40.
o <- ovarian
o$arm <- as.numeric(o$rx) - 1
o$fustat[o$arm == 1] <- 0
out$none_data <- o[c("futime", "fustat", "arm", "age")]
for (ties in c("efron", "breslow", "exact")) {
  r <- Surv(o$futime, o$fustat)
  off <- -40 * o$arm
  top <- coxph(r ~ age + offset(off), o, ties = ties, control = control)$loglik[2]
  level <- function(b) { off <- b * o$arm; coxph(r ~ age + offset(off), o, ties = ties, control = control)$loglik[2] - top + qchisq(0.95, 1) / 2 }
  out[[paste("profile_none", ties, sep = "_")]] <- uniroot(level, c(-10, 10), tol = 1e-13)$root
}

text <- jsonlite::toJSON(out, digits = NA, auto_unbox = FALSE, dataframe = "columns", na = "null")
writeLines(text, "survival_cox_fits.json")
