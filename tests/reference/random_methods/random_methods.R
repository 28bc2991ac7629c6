# Six random trials (trial.yaml and table each) by R: survival, cmprsk, and definitions written out where R has no function.
#
# They are from a comparison of 250 such trials of two and three arms, n from 6 to 400, about 50,000 numbers, and declare
# all at once: Cox with discrete and exact ties, case weights, clusters, late entry, time-dependent covariates, profile
# limits, Firth's penalty; proportional hazards; Fleming-Harrington, modestly weighted, MaxCombo and trend tests; average
# hazard ratios; milestones; incidence with competing events, Gray's test, Fine and Gray's model.
#
#     Rscript random_methods.R          (in this folder; R 4.2.2, survival 3.5-3, cmprsk 2.2-11; writes random_methods.csv)
#
# A row is a key of equipoise's results (analysis|statistic|arm|versus|groups|time|method|interval) with R's value,
# limits, standard error, degrees of freedom, and how close it is: `close` 1e-8; `numeric` 2e-6 (maxima and derivatives by
# differences); `tail` 1.5% (P of MaxCombo, drawn by importance). Left out is what R reports of a likelihood without a
# maximum, and its code -1 for a test of Gray that it cannot do.
#
# crr takes the Kaplan-Meier estimate of censoring at time 0 for the one before it, so times are moved up for it; its line
# search can stop early, so it starts more than once. agexact would enumerate: large ties with late entry are left out.
suppressMessages({library(survival); library(cmprsk)})
options(warn = -1, digits = 17)
source("specs.R")
con <- file("random_methods.csv", "w")
writeLines("trial,row,value,lower,upper,se,df,close", con)
cur <- ""
put <- function(an, st, arm = "", versus = "", groups = "", time = "", method = "", interval = "", value = NA, lower = NA, upper = NA, se = NA, df = NA, flag = "") {
  if (grepl("infinite|Ran out|huge|onecluster", flag) || length(value) != 1 || is.na(value) || (st == "chi_square" && value < 0)) return(invisible())
  if (st == "cumulative_incidence" && value %in% c(0, 1)) lower <- upper <- NA
  if (st == "incidence_difference") { lower <- max(-1, lower); upper <- min(1, upper) }
  flag <- if (grepl("own6|ahr|fg", flag)) "numeric" else if (grepl("mvn|mv2", flag)) "tail" else "close"
  one <- function(x) if (length(x) != 1 || is.na(x) || !is.finite(x)) "" else sprintf("%.17g", as.numeric(x))
  key <- paste(an, st, arm, versus, groups, time, method, interval, sep = "|")
  writeLines(paste(c(cur, key, one(value), one(lower), one(upper), one(se), one(df), gsub("[,\n\"]", ";", flag)), collapse = ","), con)
}
ctl <- coxph.control(eps = 1e-14, iter.max = 100, timefix = FALSE)
quiet <- function(e) suppressMessages(suppressWarnings(tryCatch(e, error = function(err) structure(list(m = conditionMessage(err)), class = "bad"))))
bad <- function(x) inherits(x, "bad")
strat <- function(d, names) if (length(names)) as.integer(interaction(d[names], drop = TRUE)) else rep(1L, nrow(d))

design <- function(d, m) {  # rows, with time-dependent covariates split
  covs <- m$covariates; td <- m$time_dependent
  ok <- rep(TRUE, nrow(d)); for (v in covs) ok <- ok & !is.na(d[[v]])
  d <- d[ok, , drop = FALSE]
  for (v in covs) if (is.factor(d[[v]])) d[[v]] <- droplevels(d[[v]])
  d$str <- strat(d, m$strata)
  d$begin <- if (is.null(m$entry)) rep(0, nrow(d)) else d$ent
  d$uid <- seq_len(nrow(d))
  d$ev <- as.numeric(d$status == 1)
  if (length(td)) {
    change <- ifelse(d$cstatus == 1, d$ctime, Inf)
    cut <- change > d$begin & change < d$time
    a <- d; a$stop <- ifelse(cut, change, d$time); a$z <- as.numeric(change <= d$begin); a$ev <- ifelse(cut, 0, d$ev)
    b <- d[cut, , drop = FALSE]; b$begin <- change[cut]; b$stop <- b$time; b$z <- rep(1, nrow(b))
    d <- rbind(a, b)
    later <- as.numeric(any(d$time == 0))
    d$stop <- d$stop + later; d$begin <- ifelse(d$begin > 0, d$begin + later, 0)
  } else d$stop <- d$time
  d$wt <- if (is.null(m$weights)) rep(1, nrow(d)) else d$w
  d$clu <- if (is.null(m$cluster)) d$uid else as.integer(factor(d$cl))
  terms <- covs[vapply(covs, function(v) !is.factor(d[[v]]) || nlevels(d[[v]]) > 1, TRUE)]
  list(d = d, terms = terms, td = length(td) > 0, counting = length(td) > 0 || !is.null(m$entry))
}
lhs <- function(D) if (D$counting) "Surv(begin, stop, ev)" else "Surv(stop, ev)"
fitcox <- function(D, rhs, ties, ..., cl = FALSE) {
  if (cl) { fo <- as.formula(paste(lhs(D), "~", paste(c(rhs, "strata(str)"), collapse = "+"))); W <- character()
    f <- withCallingHandlers(tryCatch(coxph(fo, D$d, ties = ties, control = ctl, weights = wt, cluster = clu, x = TRUE), error = function(e) structure(list(m = conditionMessage(e)), class = "bad")),
     warning = function(w) { W <<- c(W, conditionMessage(w)); invokeRestart("muffleWarning") }); if (!bad(f)) f$W <- paste(W, collapse = ";"); return(f) }
  fo <- as.formula(paste(lhs(D), "~", paste(c(rhs, "strata(str)"), collapse = "+")))
  W <- character()
  f <- withCallingHandlers(tryCatch(coxph(fo, D$d, ties = ties, control = ctl, weights = wt, model = TRUE, x = TRUE, ...), error = function(e) structure(list(m = conditionMessage(e)), class = "bad")),
     warning = function(w) { W <<- c(W, conditionMessage(w)); invokeRestart("muffleWarning") })
  if (!bad(f)) f$W <- paste(W, collapse = ";")
  f
}
# Firth: penalized likelihood from coxph's own likelihood and information at fixed coefficients
num_max <- function(f, b0) {  # Newton with Richardson differences
  p <- length(b0)
  g1 <- function(b, j, h) { e <- replace(rep(0, p), j, h); (f(b + e) - f(b - e)) / (2 * h) }
  grad <- function(b) vapply(seq_len(p), function(j) { h <- 2e-2; a <- g1(b, j, h); c2 <- g1(b, j, h / 2); c4 <- g1(b, j, h / 4); (64 * c4 - 20 * c2 + a) / 45 }, 0)
  hess <- function(b) { H <- matrix(0, p, p); for (j in seq_len(p)) { e <- replace(rep(0, p), j, 1e-3); H[j, ] <- (grad(b + e) - grad(b - e)) / 2e-3 }; (H + t(H)) / 2 }
  b <- b0
  for (i in 1:60) { if (i %% 4 == 1) H <- hess(b); g <- grad(b); s <- quiet(solve(H, g)); if (bad(s) || any(!is.finite(s))) return(NULL); k <- 1; while ((!is.finite(f(b - k * s)) || f(b - k * s) < f(b) - 1e-10) && k > 1e-6) k <- k / 2; if (max(abs(k * s)) > 3) k <- k * 3 / max(abs(k * s)); b <- b - k * s; if (max(abs(s)) < 1e-11) break }
  if (max(abs(s)) > 1e-8) return(NULL)
  list(b = b, H = -hess(b), value = f(b))
}
firth_f <- function(D, rhs, ties, fixed = NULL) function(b) {
  f <- fo <- NULL
  full <- if (is.null(fixed)) b else append(b, fixed$at, fixed$j - 1)
  f <- fitcox0(D, rhs, ties, full)
  if (bad(f)) return(NA)
  f$loglik[1] + 0.5 * as.numeric(determinant(f$info)$modulus)
}
fitcox0 <- function(D, rhs, ties, b) {
  fo <- as.formula(paste(lhs(D), "~", paste(c(rhs, "strata(str)"), collapse = "+")))
  f <- quiet(coxph(fo, D$d, ties = ties, init = b, control = coxph.control(iter.max = 0, timefix = FALSE), weights = wt))
  if (bad(f)) return(f)
  list(loglik = f$loglik, info = solve(f$var))
}
exact_ll <- function(D) { # Kalbfleisch and Prentice, treatment only: integral at each tied time
  d <- D$d; pieces <- list()
  for (s in unique(d$str)) for (t in sort(unique(d$stop[d$ev == 1 & d$str == s]))) {
    r <- d$str == s & d$stop >= t & (d$begin < t | !D$counting); dead <- r & d$stop == t & d$ev == 1
    pieces[[length(pieces) + 1]] <- c(sum(dead & d$trt == 1), sum(dead & d$trt == 0), sum(r & !dead & d$trt == 1), sum(r & !dead & d$trt == 0))
  }
  P <- do.call(rbind, pieces); key <- apply(P, 1, paste, collapse = " "); U <- P[!duplicated(key), , drop = FALSE]; mult <- as.numeric(table(factor(key, unique(key))))
  gl <- local({ k <- 400; i <- 1:(k - 1); bb <- i / sqrt(4 * i^2 - 1); J <- matrix(0, k, k); J[cbind(i, i + 1)] <- bb; J[cbind(i + 1, i)] <- bb; e <- eigen(J, TRUE); list(x = e$values, w = 2 * e$vectors[1, ]^2) })
  function(b) {
    th <- exp(b); tot <- 0
    for (i in seq_len(nrow(U))) { u <- U[i, ]; R <- th * u[3] + u[4]
      if (R == 0) next
      if (u[1] + u[2] == 1) { tot <- tot + mult[i] * log(th^u[1] / (R + th^u[1])); next }
      # v = exp(-u) by substitution u = x/(1-x)
      x <- (gl$x + 1) / 2; w <- gl$w / 2; uu <- (x / (1 - x)) / R; jac <- 1 / (1 - x)^2 / R
      g <- (1 - exp(-th * uu))^u[1] * (1 - exp(-uu))^u[2] * R * exp(-R * uu) * jac
      tot <- tot + mult[i] * log(sum(w * g)) }
    tot }
}
coxrows <- function(an, pair, x, control, m, groups = "") {
  zc <- qnorm(1 - (1 - m$conf_level) / 2)
  D <- design(pair, m); d <- D$d
  here <- function(...) put(an, ..., arm = x, versus = control, groups = groups)
  n_arms <- length(unique(d$trt))
  rhs <- c("trt", D$terms, if (D$td) "z")
  blank <- function(flag) here("hazard_ratio", method = m$slug, interval = m$ival, flag = flag)
  if (nrow(d) == 0 || n_arms < 2) return(blank("empty"))
  if (sum(d$ev) == 0) return(blank("noevents"))
  if (m$ties == "exact") {
    f <- exact_ll(D); r <- if (all(tapply(d$ev, d$trt, sum) > 0)) num_max(f, 0) else NULL
    if (is.null(r) || abs(r$b) > 12) return(blank("nomax"))
    se <- sqrt(1 / r$H[1, 1]); lo <- r$b - zc * se; up <- r$b + zc * se
    if (identical(m$interval, "profile")) {
      drop <- function(b) 2 * (r$value - f(b)) - qchisq(m$conf_level, 1)
      g <- function(s) { e <- 1; while (drop(r$b + s * e) < 0 && e < 40) e <- e * 2; if (e >= 40) NA else uniroot(drop, sort(c(r$b, r$b + s * e)), tol = 1e-13)$root }
      lo <- g(-1); up <- g(1)
    }
    here("hazard_ratio", method = m$slug, interval = m$ival, value = exp(r$b), lower = exp(lo), upper = exp(up), se = se, flag = "own6")
    if (is.null(m$notests)) { here("chi_square", method = paste0(m$slug, ".wald"), value = (r$b / se)^2, df = 1, flag = "own6")
    here("chi_square", method = paste0(m$slug, ".likelihood_ratio"), value = 2 * (r$value - f(0)), df = 1, flag = "own6") }
    return(invisible())
  }
  ties <- if (m$ties == "discrete") "exact" else m$ties
  if (m$ties == "discrete" && D$counting) { work <- 0; for (g in unique(d$str)) for (u in unique(d$stop[d$ev == 1 & d$str == g])) work <- work + choose(sum(d$str == g & d$stop >= u & d$begin < u), sum(d$str == g & d$stop == u & d$ev == 1)); if (work > 2e4) { cat(cur, "agexact skipped", work, "\n"); return(invisible()) } }
  robust <- identical(m$variance, "robust")
  fit <- if (robust) fitcox(D, rhs, ties, cl = TRUE) else fitcox(D, rhs, ties, robust = FALSE)
  if (bad(fit)) return(blank(paste("R error", fit$m)))
  b <- coef(fit); V <- fit$var; flag <- fit$W
  if (any(abs(b) > 11, na.rm = TRUE)) flag <- paste(flag, "huge")
  if (identical(m$penalty, "firth")) {
    keep <- !is.na(b); if (!all(keep)) return(blank("firth with aliased"))
    if (length(b) > 3) return(blank('firth large'))
    f <- firth_f(D, rhs, ties)
    r <- quiet(num_max(f, ifelse(abs(b) > 3, 0, b)))
    if (bad(r) || is.null(r)) return(blank("firth nomax"))
    I <- fitcox0(D, rhs, ties, r$b)$info; se <- sqrt(diag(solve(I)))
    here("hazard_ratio", method = m$slug, interval = m$ival, value = exp(r$b[1]), lower = if (identical(m$interval, "profile")) NA else exp(r$b[1] - zc * se[1]), upper = if (identical(m$interval, "profile")) NA else exp(r$b[1] + zc * se[1]), se = se[1], flag = "own6")
    if (length(b) == 1) {
      here("chi_square", method = paste0(m$slug, ".likelihood_ratio"), value = 2 * (r$value - f(0)), df = 1, flag = "own6")
      if (identical(m$interval, "profile")) {
        drop <- function(q) 2 * (r$value - f(q)) - qchisq(m$conf_level, 1)
        g <- function(s) { e <- 1; while (isTRUE(drop(r$b + s * e) < 0) && e < 40) e <- e * 2; if (e >= 40) NA else { u <- quiet(uniroot(drop, sort(c(r$b, r$b + s * e)), tol = 1e-13)); if (bad(u)) NA else u$root } }
        here("hazard_ratio", method = m$slug, interval = m$ival, value = exp(r$b[1]), lower = exp(g(-1)), upper = exp(g(1)), se = se[1], flag = "own6") }
    } else here("chi_square", method = paste0(m$slug, ".likelihood_ratio"), value = { h <- quiet(num_max(firth_f(D, rhs, ties, list(at = 0, j = 1)), r$b[-1])); if (bad(h) || is.null(h)) NA else 2 * (r$value - h$value) }, df = 1, flag = "own6")
    return(invisible())
  }
  lo <- b - zc * sqrt(diag(V)); up <- b + zc * sqrt(diag(V))
  se <- sqrt(diag(V)); se[se == 0] <- NA; lo[is.na(se)] <- up[is.na(se)] <- NA
  if (identical(m$interval, "profile")) {
    ok <- which(!is.na(b)); lo[] <- up[] <- NA
    if (!grepl("infinite|Ran out|huge|beta may be", flag)) {
      Xm <- fit$x
      for (j in ok[1]) {
        rest <- setdiff(ok, j)
        drop <- function(q) { D2 <- D; D2$d$off <- q * Xm[, j]; for (k in seq_along(rest)) D2$d[[paste0("V", k)]] <- Xm[, rest[k]]
          fo <- as.formula(paste(lhs(D), "~ offset(off) + strata(str)", if (length(rest)) paste("+", paste0("V", seq_along(rest), collapse = "+"))))
          g <- quiet(coxph(fo, D2$d, ties = ties, control = ctl, weights = wt)); 2 * (fit$loglik[2] - g$loglik[length(g$loglik)]) - qchisq(m$conf_level, 1) }
        g <- function(s) { e <- 1; while (isTRUE(drop(b[j] + s * e) < 0) && e < 30) e <- e * 2; if (e >= 30) NA else { u <- quiet(uniroot(drop, sort(c(b[j], b[j] + s * e)), tol = 1e-12)); if (bad(u)) NA else u$root } }
        lo[j] <- g(-1); up[j] <- g(1)
      } }
  }
  here("hazard_ratio", method = m$slug, interval = m$ival, value = exp(b[1]), lower = exp(lo[1]), upper = exp(up[1]), se = se[1], flag = paste(flag, if (robust && length(unique(d$clu)) < 2) "onecluster"))
  if (groups != "") return(invisible())
  if (is.null(m$notests)) {
    df1 <- 1
    here("chi_square", method = paste0(m$slug, ".wald"), value = (b[1] / se[1])^2, df = 1, flag = flag)
    if (!robust) {
      if (length(b) == 1) { sc <- fit$score; lr <- 2 * diff(fit$loglik) } else {
        nul <- fitcox(D, rhs[-1], ties, robust = FALSE); sc <- lr <- NA
        if (!bad(nul)) { lr <- 2 * (fit$loglik[2] - nul$loglik[2]); ini <- c(0, ifelse(is.na(coef(nul)), 0, coef(nul)))
          s0 <- quiet({ fo <- as.formula(paste(lhs(D), "~", paste(c(rhs, "strata(str)"), collapse = "+"))); coxph(fo, D$d, ties = ties, init = ini, control = coxph.control(iter.max = 0, timefix = FALSE), weights = wt, robust = FALSE) })
          if (!bad(s0)) sc <- s0$score; flag <- paste(flag, nul$W, if (any(abs(coef(nul)) > 11, na.rm = TRUE)) "huge") } }
      here("chi_square", method = paste0(m$slug, ".score"), value = sc, df = 1, flag = flag)
      here("chi_square", method = paste0(m$slug, ".likelihood_ratio"), value = lr, df = 1, flag = flag)
    }
  }
  j <- 1
  for (v in c(D$terms, if (D$td) "switch")) {
    gs <- if (v != "switch" && is.factor(d[[v]])) paste0("covariate=", v, ";level=", levels(d[[v]])[-1]) else paste0("covariate=", v)
    for (g in gs) { j <- j + 1
      if (!identical(m$interval, "profile")) put(an, "covariate_hazard_ratio", x, control, g, "", m$slug, m$ival, value = exp(b[j]), lower = exp(lo[j]), upper = exp(up[j]), se = se[j], flag = flag)
      else put(an, "covariate_hazard_ratio", x, control, g, "", m$slug, m$ival, value = exp(b[j]), se = se[j], flag = flag) }
  }
}
zphrows <- function(an, pair, x, control, m, transform) {
  D <- design(pair, m); d <- D$d
  if (!nrow(d) || length(unique(d$trt)) < 2 || !sum(d$ev)) return(invisible())
  rhs <- c("trt", D$terms, if (D$td) "z")
  fit <- fitcox(D, rhs, m$ties, robust = FALSE)
  meth <- paste0(m$slug, ".proportional_hazards.", transform)
  if (bad(fit)) return(invisible())
  flag <- paste(fit$W, if (any(abs(coef(fit)) > 11, na.rm = TRUE)) "huge", if (anyNA(coef(fit))) "aliased")
  if (grepl("infinite|Ran out|huge|aliased|beta may", flag)) return(put(an, "chi_square", x, control, "", "", meth, "", flag = flag))
  fo <- as.formula(paste(lhs(D), "~", paste(c(rhs, if (length(m$strata)) "strata(str)"), collapse = "+")))
  f2 <- quiet(do.call(coxph, list(fo, D$d, ties = m$ties, control = ctl, weights = D$d$wt, robust = FALSE)))
  z <- if (bad(f2)) f2 else quiet(cox.zph(f2, transform = transform))
  if (bad(z)) return(put(an, "chi_square", x, control, "", "", meth, "", flag = paste("zph error", z$m)))
  tb <- z$table; lab <- rownames(tb)
  for (i in seq_along(lab)) {
    v <- lab[i]; g <- if (v == "trt") "" else if (v == "GLOBAL") "test=global" else if (v == "z") "covariate=switch" else paste0("covariate=", v)
    if (v == "GLOBAL" && length(rhs) == 1) next
    put(an, "chi_square", x, control, g, "", meth, "", value = tb[i, 1], df = tb[i, 2], flag = flag)
  }
}
# weighted log-rank by definition
wlr <- function(d, arms, str, ws) {  # ws: list of functions of (S-, table) -> weights; returns scores k x A and covariances
  k <- length(ws); A <- length(arms); U <- matrix(0, k, A); V <- array(0, c(k, k, A, A))
  for (s in unique(str)) {
    q <- d[str == s, , drop = FALSE]; e <- q$status == 1; ts <- sort(unique(q$time[e])); S <- 1; Sv <- c(); Sa <- c()
    for (u in ts) { Sv <- c(Sv, S); S <- S * (1 - sum(q$time == u & e) / sum(q$time >= u)); Sa <- c(Sa, S) }
    for (i in seq_along(ts)) { u <- ts[i]
      n <- sum(q$time >= u); dd <- sum(q$time == u & e)
      na <- sapply(arms, function(a) sum(q$time >= u & q$arm == a)); da <- sapply(arms, function(a) sum(q$time == u & e & q$arm == a))
      w <- sapply(ws, function(f) f(Sv[i], ts, Sa))
      U <- U + outer(w, da - dd * na / n)
      if (n > 1) { C <- dd * (n - dd) / (n - 1) * (diag(na / n, A, A) - outer(na / n, na / n)); for (a in 1:k) for (b in 1:k) V[a, b, , ] <- V[a, b, , ] + w[a] * w[b] * C }
    }
  }
  list(U = U, V = V)
}
joint <- function(U, V) { dg <- diag(V); ok <- dg > 1e-10 * max(dg, 0); if (sum(ok) < 2) return(c(NA, NA)); sc <- sqrt(dg[ok]); E <- eigen(V[ok, ok] / outer(sc, sc), TRUE); kk <- E$values > 1e-10 * max(E$values); al <- (U[ok] / sc) %*% E$vectors[, kk]; c(sum(al^2 / E$values[kk]), sum(kk)) }
fhw <- function(r, g) { force(r); force(g); function(S, ts, Sa) S^r * (1 - S)^g }
testrows <- function(an, d, sp, m) {
  str <- strat(d, m$strata); an_arms <- sp$order
  ws <- switch(m$kind, log_rank = list(fhw(0, 0)), fleming_harrington = list(fhw(m$rho, m$gamma)), trend = list(fhw(0, 0)),
    modestly_weighted = list(if (!is.null(m$t_star)) function(S, ts, Sa) { p <- Sa[ts <= m$t_star * sp$conv * (1 + 1e-10)]; 1 / max(S, if (length(p)) p[length(p)] else 1) } else function(S, ts, Sa) 1 / max(S, m$s_star)),
    max_combo = lapply(m$weights, function(p) fhw(p[1], p[2])))
  if (m$kind == "trend") {
    r <- wlr(d, an_arms, str, ws); c0 <- m$scores; v <- sum(outer(c0 - mean(c0), c0 - mean(c0)) * r$V[1, 1, , ]); z <- -sum((c0 - mean(c0)) * r$U[1, ]) / sqrt(v)
    if (!(v > 1e-12)) z <- NA
    put(an, "z", method = m$slug, value = z); put(an, "chi_square", method = m$slug, value = z^2, df = 1)
    put(an, "p_value", method = paste0(m$slug, ".two_sided"), value = pchisq(z^2, 1, lower = FALSE)); return(invisible())
  }
  for (x in setdiff(sp$order, sp$control)) {
    ix <- d$arm %in% c(x, sp$control); r <- wlr(d[ix, ], c(sp$control, x), str[ix], ws); k <- length(ws)
    v <- sapply(1:k, function(i) r$V[i, i, 2, 2]); z <- ifelse(v > 1e-14, -r$U[, 2] / sqrt(v), NA)
    if (m$kind != "max_combo") {
      put(an, "z", x, sp$control, method = m$slug, value = z); put(an, "chi_square", x, sp$control, method = m$slug, value = z^2, df = 1)
      put(an, "p_value", x, sp$control, method = paste0(m$slug, ".one_sided"), value = pnorm(z, lower = FALSE))
    } else {
      if (anyNA(z)) { put(an, "z", x, sp$control, method = m$slug); next }
      num <- function(v) gsub(".", "p", sprintf("%.10g", v), fixed = TRUE)
      for (i in 1:k) put(an, "z", x, sp$control, paste0("weights=r", num(m$weights[[i]][1]), "g", num(m$weights[[i]][2])), "", m$slug, value = z[i])
      put(an, "z", x, sp$control, method = m$slug, value = max(z))
      C <- r$V[, , 2, 2] / sqrt(outer(v, v)); set.seed(1)
      top <- max(z); far <- max(abs(z))
      if (k == 2) { rr <- C[1, 2]; s2 <- sqrt(1 - rr^2)
        p1 <- pnorm(top, lower = FALSE) + integrate(function(u) dnorm(u) * pnorm((top - rr * u) / s2, lower = FALSE), -Inf, top, rel.tol = 1e-12, abs.tol = 0)$value
        p2 <- 2 * pnorm(far, lower = FALSE) + integrate(function(u) dnorm(u) * (pnorm((far - rr * u) / s2, lower = FALSE) + pnorm((-far - rr * u) / s2)), -far, far, rel.tol = 1e-12, abs.tol = 0)$value
        put(an, "p_value", x, sp$control, method = paste0(m$slug, ".one_sided"), value = p1, flag = "mv2"); put(an, "p_value", x, sp$control, method = paste0(m$slug, ".two_sided"), value = p2, flag = "mv2"); next }
      # ALORE (Owen, Maximov and Chertkov 2019): draw beyond one bound, count how many are passed
      E <- eigen(C, TRUE); R <- E$vectors %*% diag(sqrt(pmax(E$values, 0)), k); N <- 40000
      alore <- function(c0, two) { q <- pnorm(c0, lower = FALSE); tot <- 0; u <- matrix(rnorm(N * k), N)
        for (j in 1:k) { zz <- u %*% t(R); tail <- qnorm(log(runif(N)) + log(q), lower = FALSE, log.p = TRUE); zz <- zz + outer(tail - zz[, j], C[j, ]); tot <- tot + (if (two) 2 else 1) * q * mean(1 / rowSums(if (two) abs(zz) >= c0 * (1 - 1e-12) else zz >= c0 * (1 - 1e-12))) }
        tot }
      p1 <- if (top > 0) alore(top, FALSE) else NULL; p2 <- alore(far, TRUE)
      if (!is.null(p1)) put(an, "p_value", x, sp$control, method = paste0(m$slug, ".one_sided"), value = p1, flag = "mvn")
      put(an, "p_value", x, sp$control, method = paste0(m$slug, ".two_sided"), value = p2, flag = "mvn")
    }
  }
  if (length(sp$order) > 2 && m$kind != "max_combo") { r <- wlr(d, an_arms, str, ws); q <- joint(r$U[1, ], r$V[1, 1, , ]); put(an, "chi_square", method = m$slug, value = q[1], df = q[2]); put(an, "p_value", method = paste0(m$slug, ".two_sided"), value = pchisq(q[1], q[2], lower = FALSE), df = q[2]) }
}
ahrrows <- function(an, d, sp, m) for (x in setdiff(sp$order, sp$control)) {
  D <- list(d[d$arm == sp$control, ], d[d$arm == x, ])
  tmax <- sapply(D, function(q) max(q$time)); L <- if (is.null(m$horizon)) min(tmax) else m$horizon * sp$conv; L2 <- L * (1 + 1e-10)
  tn <- if (is.null(m$tname)) "" else m$tname
  tt <- sort(unique(d$time[d$arm %in% c(x, sp$control) & d$status == 1 & d$time <= L2]))
  H <- lapply(D, function(q) sapply(tt, function(u) c(sum(q$time == u & q$status == 1), sum(q$time >= u))))
  done <- function(...) put(an, "average_hazard_ratio", x, sp$control, "", tn, m$slug, m$ival, ...)
  if (!length(tt)) { done(flag = "none"); next }
  ends <- sapply(D, function(q) { f <- survfit(Surv(q$time, q$status == 1) ~ 1, timefix = FALSE); min(f$surv) })
  if (any(L > tmax * (1 + 1e-10) & ends > 0)) { done(flag = "beyond"); next }
  h <- lapply(H, function(q) ifelse(q[2, ] > 0, q[1, ] / q[2, ], 0))
  theta <- function(h0, h1) { S <- lapply(list(h0, h1), function(v) cumprod(1 - v)); B <- lapply(S, function(s) c(1, s[-length(s)])); f <- Map(function(s, b) b - s, S, B)
     log(sum(.5 * (S[[1]] + B[[1]]) * f[[2]]) / sum(.5 * (S[[2]] + B[[2]]) * f[[1]])) }
  est <- theta(h[[1]], h[[2]]); var <- 0
  for (a in 1:2) for (i in seq_along(tt)) { n <- H[[a]][2, i]; dd <- H[[a]][1, i]; if (dd == 0 || dd == n) next
    vv <- dd * (n - dd) / n^3; e <- 1e-4; g <- function(s) { k <- h; k[[a]][i] <- k[[a]][i] + s; theta(k[[1]], k[[2]]) }
    dif <- function(e) (g(e) - g(-e)) / (2 * e); q <- (64 * dif(e / 4) - 20 * dif(e / 2) + dif(e)) / 45; var <- var + q^2 * vv }
  zc <- qnorm(1 - (1 - m$conf_level) / 2); s <- sqrt(var)
  done(value = exp(est), lower = exp(est - zc * s), upper = exp(est + zc * s), se = s, flag = "ahr")
}
landmarkrows <- function(an, d, sp) { s <- sp$surv
  for (i in seq_along(s$times)) { td <- s$times[i] * sp$conv * (1 + 1e-10); L <- list()
    for (a in sp$order) { q <- d[d$arm == a, ]; f <- survfit(Surv(q$time, q$status == 1) ~ 1, timefix = FALSE); sm <- summary(f, times = td, extend = TRUE); sv <- if (any(q$time <= td)) c(sm$surv, sm$std.err) else c(1, 0); if (td > max(q$time) * (1 + 1e-9) && sv[1] > 0) sv <- c(NA, NA); L[[a]] <- sv }
    for (x in setdiff(sp$order, sp$control)) { a <- L[[x]]; b <- L[[sp$control]]
      z <- if (anyNA(c(a, b)) || any(c(a[1], b[1]) %in% c(0, 1))) NA else (log(-log(b[1])) - log(-log(a[1]))) / sqrt((a[2] / (a[1] * log(a[1])))^2 + (b[2] / (b[1] * log(b[1])))^2)
      put(an, "z", x, sp$control, "", s$tnames[i], "kaplan_meier.difference.log_log", "", value = z)
      put(an, "chi_square", x, sp$control, "", s$tnames[i], "kaplan_meier.difference.log_log", "", value = z^2, df = 1) } } }
ciflim <- function(F, se, type, zc) { if (is.na(F)) return(c(NA, NA)); if (type == "plain") c(max(0, F - zc * se), min(1, F + zc * se)) else if (type == "log") c(exp(log(F) - zc * se / F), min(1, exp(log(F) + zc * se / F))) else { k <- zc * se / (F * log(F)); sort(c(exp(-exp(log(-log(F)) - k)), exp(-exp(log(-log(F)) + k)))) } }
increments <- function(an, d, sp) { m <- sp$inc; zc <- qnorm(1 - (1 - m$conf_level) / 2); st <- list()
  for (a in sp$order) { q <- d[d$arm == a, ]
    q$f <- factor(q$status, 0:2, c("c", "event", "competing"))
    f <- survfit(Surv(time, f) ~ 1, q, timefix = FALSE)
    ci <- if (any(q$status > 0)) quiet(cuminc(q$time, q$status)) else NULL
    for (i in seq_along(m$times)) { td <- m$times[i] * sp$conv * (1 + 1e-10)
      for (cn in c("event", "competing")) { code <- if (cn == "event") 1 else 2
        F <- 0; se <- 0
        if (any(q$time <= td)) { k <- max(which(f$time <= td)); F <- f$pstate[k, match(cn, f$states)]; se <- f$std.err[k, match(cn, f$states)] }
        left <- if (any(q$time <= td)) f$pstate[max(which(f$time <= td)), 1] else 1
        flag <- ""
        if (m$se == "aalen" && F > 0) { nm <- paste("1", code); cc <- ci[[nm]]; kk <- max(which(cc$time <= td)); se <- sqrt(cc$var[kk]); if (abs(cc$est[kk] - F) > 1e-10) flag <- "cuminc est differs" }
        if (td > max(q$time) * (1 + 1e-9) && left > 1e-12) { F <- se <- NA }
        lim <- if (isTRUE(F > 0 && F < 1)) ciflim(F, se, m$interval, zc) else c(NA, NA)
        put(an, "cumulative_incidence", a, "", paste0("cause=", cn), sp$surv$tnames[i], "aalen_johansen", paste0(m$interval, ".", m$clug), value = F, lower = lim[1], upper = lim[2], se = se, flag = paste("inc", flag))
        st[[paste(a, i, cn)]] <- c(F, se) } } }
  for (x in setdiff(sp$order, sp$control)) for (i in seq_along(m$times)) for (cn in c("event", "competing")) { a <- st[[paste(x, i, cn)]]; b <- st[[paste(sp$control, i, cn)]]; s <- sqrt(a[2]^2 + b[2]^2)
    put(an, "incidence_difference", x, sp$control, paste0("cause=", cn), sp$surv$tnames[i], "aalen_johansen", paste0("plain.", m$clug), value = a[1] - b[1], se = s, lower = a[1] - b[1] - zc * s, upper = a[1] - b[1] + zc * s, flag = "inc") }
  gr <- function(q, x, versus, code) { g <- if (code == 1) "" else "cause=competing"; r <- quiet(cuminc(q$time, q$status, q$arm, strat(q, m$test$strata), rho = m$test$rho)); v <- c(NA, NA)
    if (!bad(r) && !is.null(r$Tests)) { rn <- as.numeric(rownames(r$Tests)); if (code %in% rn) v <- r$Tests[which(rn == code), c(1, 3)] }
    put(an, "chi_square", x, versus, g, "", m$gray, "", value = v[1], df = v[2], flag = "gray") }
  for (code in 1:2) { for (x in setdiff(sp$order, sp$control)) gr(d[d$arm %in% c(x, sp$control), ], x, sp$control, code); if (length(sp$order) > 2) gr(d, "", "", code) }
  fgm <- m$regression; zf <- zc
  for (x in setdiff(sp$order, sp$control)) { q <- d[d$arm %in% c(x, sp$control), ]; q$trt <- as.numeric(q$arm == x); covs <- fgm$covariates
    ok <- rep(TRUE, nrow(q)); for (v in covs) ok <- ok & !is.na(q[[v]]); q <- q[ok, ]; for (v in covs) if (is.factor(q[[v]])) q[[v]] <- droplevels(q[[v]])
    covs <- covs[vapply(covs, function(v) !is.factor(q[[v]]) || nlevels(q[[v]]) > 1, TRUE)]
    key <- function(...) put(an, "subdistribution_hazard_ratio", x, sp$control, "", "", m$fg, paste0("wald.", m$clug), ...)
    if (length(unique(q$trt)) < 2 || !any(q$status == 1)) { key(flag = "none"); next }
    X <- model.matrix(as.formula(paste("~", paste(c("trt", covs), collapse = "+"))), q)[, -1, drop = FALSE]
    if (qr(cbind(1, X))$rank <= ncol(X)) { key(flag = "aliased"); next }
    cm <- colMeans(X); XX <- sweep(X, 2, c(0, cm[-1]))  # centred covariates: the same model
    fit <- NULL; first <- quiet(crr(q$time + max(q$time), q$status, XX, maxiter = 50))
    if (!bad(first)) for (s in c(1, .999, 1.001, .99, 1.01, .9, 1.1, .5)) { ff <- quiet(crr(q$time + max(q$time), q$status, XX, gtol = 1e-11, maxiter = 60, init = s * first$coef)); if (!bad(ff) && ff$converged) { fit <- ff; break } }
    if (is.null(fit) || any(abs(fit$coef) > 9)) { key(flag = "crr no"); next }
    b <- fit$coef; se <- sqrt(diag(fit$var))
    key(value = exp(b[1]), lower = exp(b[1] - zf * se[1]), upper = exp(b[1] + zf * se[1]), se = se[1], flag = "fg")
    put(an, "chi_square", x, sp$control, "", "", paste0(m$fg, ".wald"), "", value = (b[1] / se[1])^2, df = 1, flag = "fg")
    j <- 1; for (v in covs) for (g in if (is.factor(q[[v]])) paste0("covariate=", v, ";level=", levels(q[[v]])[-1]) else paste0("covariate=", v)) { j <- j + 1
      put(an, "covariate_subdistribution_hazard_ratio", x, sp$control, g, "", m$fg, paste0("wald.", m$clug), value = exp(b[j]), lower = exp(b[j] - zf * se[j]), upper = exp(b[j] + zf * se[j]), se = se[j], flag = "fg") } }
}
capped <- function(e, what) { setTimeLimit(elapsed = 3, transient = TRUE); on.exit(setTimeLimit(elapsed = Inf, transient = TRUE)); r <- tryCatch(e, error = function(err) structure(list(m = conditionMessage(err)), class = "bad")); if (bad(r)) cat(cur, what, "capped", r$m, "\n") }
for (name in names(specs)) { sp <- specs[[name]]; cur <- name
  d <- read.csv(paste0(name, ".csv"), colClasses = c(id = "character", arm = "character", s1 = "character", s3 = "character", f2 = "character", f4 = "character", cl = "character"))
  d$arm <- sp$names[match(d$arm, sp$values)]; d$f2 <- factor(d$f2, c("F", "M")); d$f4 <- factor(d$f4, c("a", "b", "c", "d"))
  d$time <- as.numeric(d$time); d$status <- as.numeric(d$status)
  r <- tryCatch({
  for (m in sp$models) {
    if (m$kind == "cox") for (x in setdiff(sp$order, sp$control)) { q <- d[d$arm %in% c(x, sp$control), ]; q$trt <- as.numeric(q$arm == x); capped(coxrows("m", q, x, sp$control, m), paste(x, m$slug)) }
    else if (m$kind == "average_hazard_ratio") ahrrows("m", d, sp, m)
    else testrows("m", d, sp, m)
  }
  for (x in setdiff(sp$order, sp$control)) { q <- d[d$arm %in% c(x, sp$control), ]; q$trt <- as.numeric(q$arm == x)
    for (i in 1:4) zphrows(c("m", "p1", "p2", "p3")[i], q, x, sp$control, sp$main, sp$transforms[i])
    q$status <- c(0, 2, 1)[q$status + 1]; coxrows("m", q, x, sp$control, sp$main, "cause=competing") }
  landmarkrows("m", d, sp); increments("m", d, sp); NULL }, error = function(e) conditionMessage(e))
  if (!is.null(r)) cat(name, "ORACLE ERROR", r, "\n")
}
close(con)
