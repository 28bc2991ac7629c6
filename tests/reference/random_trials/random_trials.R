# Three random trials (t187, t361, t384: trial.yaml and its table) analyzed by R's survival package.
#
# They are from a comparison of 400 such trials, 2 to 4 arms, n from 2 to 900, over 300,000 numbers, and keep what
# ordinary trials seldom have together: strata with one arm, heavy ties, events at time 0, competing events, missing
# covariates and subgroups, times in months, breslow and efron, all three kinds of limits.
#
#     Rscript random_trials.R          (R 4.2.2, survival 3.5-3; writes random_trials.csv)
#
# A row is a key of equipoise's results (analysis|statistic|arm|versus|groups|time|method|interval) with R's value,
# limits, standard error and degrees of freedom. Left out: tests' P values (they follow from the chi-squares), what R
# reports of a likelihood without a maximum, and log-log limits where survival is 1 (R has none, equipoise has 1).
# `fh` is Fleming and Harrington's G(rho, gamma) written out, for the weights that survdiff lacks.

suppressMessages(library(survival))
options(warn = -1, digits = 17)
kept <- c("median", "quantile", "survival", "survival_difference", "z", "chi_square", "hazard_ratio",
    "covariate_hazard_ratio", "interaction_chi_square", "rmst", "rmst_difference", "rmst_ratio", "follow_up_median")
con <- file("random_trials.csv", "w")
writeLines("trial,row,value,lower,upper,se,df", con)
cur <- ""
specs <- list()

put <- function(an, st, arm = "", versus = "", groups = "", time = "", method = "", interval = "", ..., flag = "") {
    v <- list(...)
    if (!st %in% kept || grepl("infinite|Ran out", flag)) return(invisible())
    if (st == "survival" && isTRUE(v$se == 0)) v$lower <- v$upper <- NULL
    if (grepl("hazard_ratio", st) && !isTRUE(v$se > 0)) return(invisible())
    numbers <- sapply(c("value", "lower", "upper", "se", "df"), function(name) {
        x <- v[[name]]
        if (length(x) != 1 || is.na(x)) "" else sprintf("%.17g", as.numeric(x))
    })
    if (all(numbers == "")) return(invisible())
    row <- paste(an, st, arm, versus, groups, time, method, interval, sep = "|")
    writeLines(paste(c(cur, row, numbers), collapse = ","), con)
}

specs[["384"]] <- list(file = "t384.csv", vals = c("T", "X Y"), names = c("a0", "a1"), decl = c("a1",
    "a0"), control = "a1", l1 = c("0", "1", "2", "3", "4", "5"), l2 = c("F", "M"), lab2 = c("F", "M"),
    conv = 1, interval = c("plain", "plain"), conf = c(0.95, 0.95), ties = c("efron", "breslow"), tau = NA,
    grid = c(0, 6, 15, 23.1, 39, 3), quant = c(0.25, 0.5, 0.75, 0.1), strat = c("s1"), cov = c("age",
        "f2", "s3"), covs = c("s1"), submin = 10)

specs[["187"]] <- list(file = "t187.csv", vals = c("T", "X Y"), names = c("a0", "a1"), decl = c("a1",
    "a0"), control = "a0", l1 = c("0", "1", "2"), l2 = c("F", "M"), lab2 = c("F", "M"), conv = 12, interval = c("log",
    "log_log"), conf = c(0.8, 0.95), ties = c("efron", "efron"), tau = NA, grid = c(0, 1.437, 3.593,
    5.534, 9.343), quant = c(0.25, 0.5, 0.75, 0.1), strat = c("s3"), cov = c("age"), covs = c("s3"),
    submin = 10)

specs[["361"]] <- list(file = "t361.csv", vals = c("T", "X Y", "5FU+L"), names = c("a0", "a1", "a2"),
    decl = c("a1", "a0", "a2"), control = "a1", l1 = c("0", "1", "2", "3", "4", "5"), l2 = c("1", "2"),
    lab2 = c("Female", "Male"), conv = 1, interval = c("log_log", "log"), conf = c(0.9, 0.95), ties = c("breslow",
        "efron"), tau = 36, grid = c(0, 24, 60, 92.4, 156, 30), quant = c(0.25, 0.5, 0.75, 0.1), strat = c("s1"),
    cov = c("age"), covs = c("s3"), submin = 1)

cl <- function(c) sub("\\.", "p", sprintf("%.10g", c * 100))

minmin <- function(y, x, p) {
    tol <- .Machine$double.eps^0.5
    keep <- !is.na(y) & y < (p + tol)
    if (!any(keep))
        return(NA_real_)
    x <- x[keep]
    y <- y[keep]
    if (abs(y[1] - p) < tol && any(y < y[1]))
        (x[1] + x[min(which(y < y[1]))])/2
    else x[1]
}

ctl <- coxph.control(eps = 1e-13, iter.max = 100, timefix = FALSE)

tm10 <- function(t) sprintf("%.10g", t)

fh <- function(S, arm2, str, rho, gam) {
    lev <- sort(unique(arm2))
    k <- length(lev)
    U <- rep(0, k)
    V <- matrix(0, k, k)
    for (s in unique(str)) {
        ix <- str == s
        t <- S[ix, 1]
        e <- S[ix, 2]
        a <- arm2[ix]
        Sm <- 1
        for (u in sort(unique(t[e == 1]))) {
            n <- sum(t >= u)
            d <- sum(t == u & e == 1)
            na <- sapply(lev, function(l) sum(t >= u & a == l))
            da <- sapply(lev, function(l) sum(t == u & e == 1 & a == l))
            w <- Sm^rho * (1 - Sm)^gam
            U <- U + w * (da - d * na/n)
            if (n > 1)
                V <- V + w^2 * d * (n - d)/(n - 1) * (diag(na/n, k, k) - outer(na/n, na/n))
            Sm <- Sm * (1 - d/n)
        }
    }
    list(U = U, V = V, lev = lev)
}

ginvq <- function(U, V) {
    d <- diag(V)
    ok <- d > 1e-10 * max(d, 0)
    if (sum(ok) < 2)
        return(c(NA, NA))
    sc <- sqrt(d[ok])
    E <- eigen(V[ok, ok]/outer(sc, sc), symmetric = TRUE)
    kk <- E$values > 1e-10 * max(E$values)
    al <- (U[ok]/sc) %*% E$vectors[, kk]
    c(sum(al^2/E$values[kk]), sum(kk))
}

tests <- function(an, S, arm, sp, str, method, rho, gam) {
    for (x in setdiff(sp$decl, sp$control)) {
        ix <- arm %in% c(x, sp$control)
        a <- factor(arm[ix] == x, c(FALSE, TRUE))
        SS <- S[ix]
        st <- str[ix]
        z <- NA
        chi <- NA
        p <- NA
        if (length(unique(a)) == 2) {
            if (gam == 0) {
                r <- try(if (length(unique(st)) > 1)
                  survdiff(SS ~ a + strata(st), rho = rho)
                else survdiff(SS ~ a, rho = rho), silent = TRUE)
                if (!inherits(r, "try-error")) {
                  o <- if (is.matrix(r$obs))
                    rowSums(r$obs)
                  else r$obs
                  e <- if (is.matrix(r$exp))
                    rowSums(r$exp)
                  else r$exp
                  v <- r$var[2, 2]
                  if (v > 1e-12) {
                    z <- -(o[2] - e[2])/sqrt(v)
                    chi <- r$chisq
                  }
                }
            }
            else {
                r <- fh(SS, as.integer(a), st, rho, gam)
                if (r$V[2, 2] > 1e-14) {
                  z <- -r$U[2]/sqrt(r$V[2, 2])
                  chi <- z^2
                }
            }
        }
        n <- sum(ix)
        e <- sum(SS[, 2])
        put(an, "z", x, sp$control, method = method, value = z, n = n, events = e)
        put(an, "chi_square", x, sp$control, method = method, value = chi, df = if (is.na(chi))
            NA
        else 1)
        put(an, "p_value", x, sp$control, method = paste0(method, ".two_sided"), value = 2 * pnorm(-abs(z)))
        put(an, "p_value", x, sp$control, method = paste0(method, ".one_sided"), value = pnorm(-z))
    }
    if (length(sp$decl) > 2) {
        a <- factor(arm)
        fl <- ""
        if (gam == 0 && nlevels(a) > 1) {
            r <- try(if (length(unique(str)) > 1)
                survdiff(S ~ a + strata(str), rho = rho)
            else survdiff(S ~ a, rho = rho), silent = TRUE)
            if (inherits(r, "try-error")) {
                q <- c(NA, NA)
                fl <- "Rerror"
            }
            else {
                e <- if (is.matrix(r$exp))
                  rowSums(r$exp)
                else r$exp
                q <- c(r$chisq, sum(e > 0) - 1)
                q2 <- ginvq(o <- (if (is.matrix(r$obs))
                  rowSums(r$obs)
                else r$obs) - e, r$var)
                if (!isTRUE(all.equal(q, q2, tolerance = 1e-07))) {
                  fl <- paste("survdiff", q[1], q[2])
                  q <- q2
                }
            }
        }
        else {
            r <- fh(S, as.integer(a), str, rho, gam)
            q <- ginvq(r$U, r$V)
        }
        put(an, "chi_square", method = method, value = q[1], df = q[2], n = length(arm), events = sum(S[,
            2]), flag = fl)
        put(an, "p_value", method = paste0(method, ".two_sided"), value = pchisq(q[1], q[2], lower = FALSE),
            flag = fl)
    }
}

coxrows <- function(an, d, S, arm, sp, str, covs, ties, conf, method) {
    zc <- qnorm(1 - (1 - conf)/2)
    for (x in setdiff(sp$decl, sp$control)) {
        ix <- arm %in% c(x, sp$control)
        dd <- d[ix, , drop = FALSE]
        dd$S <- S[ix]
        dd$trt <- as.numeric(arm[ix] == x)
        dd$str <- str[ix]
        if (length(covs)) {
            ok <- complete.cases(dd[, covs, drop = FALSE])
            dd <- dd[ok, , drop = FALSE]
        }
        for (cc in covs) if (is.factor(dd[[cc]]))
            dd[[cc]] <- droplevels(dd[[cc]])
        covs2 <- covs[vapply(covs, FUN.VALUE = TRUE, function(cc) !is.factor(dd[[cc]]) || nlevels(dd[[cc]]) >
            1)]
        n <- nrow(dd)
        e <- if (n)
            sum(dd$S[, 2])
        else 0
        hr <- lo <- up <- se <- w <- sc <- lr <- NA
        fl <- ""
        fit <- NULL
        if (n && length(unique(dd$trt)) == 2 && e > 0) {
            rhs <- paste(c("trt", covs2, "strata(str)"), collapse = "+")
            W <- character()
            fit <- withCallingHandlers(try(coxph(as.formula(paste("S ~", rhs)), dd, ties = ties, control = ctl),
                silent = TRUE), warning = function(w) W <<- c(W, conditionMessage(w)))
            if (inherits(fit, "try-error")) {
                fl <- "Rerror"
                fit <- NULL
            }
            else {
                b <- coef(fit)[["trt"]]
                se <- sqrt(diag(fit$var))[1]
                hr <- exp(b)
                lo <- exp(b - zc * se)
                up <- exp(b + zc * se)
                w <- (b/se)^2
                fl <- paste(W, collapse = ";")
                if (!length(covs2)) {
                  sc <- fit$score
                  lr <- 2 * diff(fit$loglik)
                }
                else {
                  nul <- try(coxph(as.formula(paste("S ~", paste(c(covs2, "strata(str)"), collapse = "+"))),
                    dd, ties = ties, control = ctl), silent = TRUE)
                  if (!inherits(nul, "try-error")) {
                    lr <- 2 * (fit$loglik[2] - nul$loglik[2])
                    ini <- c(0, ifelse(is.na(coef(nul)), 0, coef(nul)))
                    s0 <- try(coxph(as.formula(paste("S ~", rhs)), dd, ties = ties, init = ini, control = coxph.control(iter.max = 0,
                      timefix = FALSE)), silent = TRUE)
                    if (!inherits(s0, "try-error"))
                      sc <- s0$score
                  }
                }
            }
        }
        put(an, "hazard_ratio", x, sp$control, method = method, interval = paste0("wald.", cl(conf)),
            value = hr, lower = lo, upper = up, se = se, n = n, events = e, flag = fl)
        put(an, "hazard_reduction", x, sp$control, method = method, interval = paste0("wald.", cl(conf)),
            value = 1 - hr, lower = 1 - up, upper = 1 - lo, flag = fl)
        for (q in list(c("wald", w), c("score", sc), c("likelihood_ratio", lr))) {
            v <- as.numeric(q[2])
            put(an, "chi_square", x, sp$control, method = paste0(method, ".", q[1]), value = v, flag = fl)
            put(an, "p_value", x, sp$control, method = paste0(method, ".", q[1], ".two_sided"), value = pchisq(v,
                1, lower = FALSE), flag = fl)
        }
        if (length(covs2) && !is.null(fit)) {
            cf <- coef(fit)
            sds <- sqrt(diag(fit$var))
            j <- 1
            for (cc in covs2) {
                if (is.factor(dd[[cc]]))
                  g <- paste0("covariate=", cc, ";level=", levels(dd[[cc]])[-1])
                else g <- paste0("covariate=", cc)
                for (gg in g) {
                  j <- j + 1
                  put(an, "covariate_hazard_ratio", x, sp$control, groups = gg, method = method, interval = paste0("wald.",
                    cl(conf)), value = exp(cf[j]), lower = exp(cf[j] - zc * sds[j]), upper = exp(cf[j] +
                    zc * sds[j]), se = sds[j], flag = fl)
                }
            }
        }
    }
}

kmrows <- function(an, S, arm, sp, conf, interval, probs, tau) {
    ct <- c(log_log = "log-log", log = "log", plain = "plain")[[interval]]
    zc <- qnorm(1 - (1 - conf)/2)
    il <- paste0(interval, ".", cl(conf))
    ld <- list()
    rm <- list()
    mx <- tapply(S[, 1], arm, max)
    horizon <- if (is.na(tau))
        min(mx)
    else tau * sp$conv
    put(an, "rmst_horizon", time = if (is.na(tau))
        ""
    else tm10(tau), method = "kaplan_meier.rmst", value = if (horizon > 0)
        horizon
    else NA)
    for (x in sp$decl) {
        ix <- arm == x
        put(an, "subjects", x, value = sum(ix))
        put(an, "events", x, value = sum(S[ix, 2]))
        if (!any(ix))
            next
        fit <- survfit(S[ix] ~ 1, conf.type = ct, conf.int = conf, timefix = FALSE)
        tb <- summary(fit)$table
        for (p in unique(c(0.5, probs))) {
            lev <- 1 - p
            est <- minmin(fit$surv, fit$time, lev)
            lo <- minmin(fit$lower, fit$time, lev)
            up <- minmin(fit$upper, fit$time, lev)
            q <- quantile(fit, p)
            fl <- ""
            a <- c(est, lo, up)
            b <- c(q$quantile, q$lower, q$upper)
            if (!isTRUE(all.equal(a, b, check.attributes = FALSE, tolerance = 1e-12)))
                fl <- paste("quantile():", paste(b, collapse = " "))
            if (p == 0.5) {
                m <- unname(tb[c("median", grep("LCL", names(tb), value = TRUE), grep("UCL", names(tb),
                  value = TRUE))])
                if (!identical(is.na(m), is.na(a)) || any(m != a, na.rm = TRUE))
                  fl <- paste("TABLE", paste(m, collapse = " "))
                est <- m[1]
                lo <- m[2]
                up <- m[3]
            }
            put(an, if (p == 0.5)
                "median"
            else "quantile", x, groups = if (p == 0.5)
                ""
            else paste0("probability=", p), method = "kaplan_meier", interval = il, value = est, lower = lo,
                upper = up, n = sum(ix), events = sum(S[ix, 2]), flag = fl)
        }
        l <- list()
        for (t in sp$grid) {
            td <- t * sp$conv
            tt <- td * (1 + 1e-10)
            sm <- summary(fit, times = tt, extend = TRUE)
            s <- sm$surv
            se <- sm$std.err
            lo <- sm$lower
            up <- sm$upper
            if (!any(S[ix, 1] <= tt)) {
                s <- 1
                se <- 0
                lo <- up <- 1
            }
            nr <- sum(S[ix, 1] >= td * (1 - 1e-10))
            beyond <- td > max(S[ix, 1]) * (1 + 1e-10) && s > 0
            if (beyond)
                s <- se <- lo <- up <- NA
            else if (s == 0)
                se <- lo <- up <- NA
            put(an, "survival", x, time = tm10(t), method = "kaplan_meier", interval = il, value = s,
                lower = lo, upper = up, se = se, n = nr)
            l[[tm10(t)]] <- c(s, se)
        }
        ld[[x]] <- l
        if (horizon > 0) {
            if (horizon <= min(fit$time)) {
                m <- horizon
                se <- 0
            }
            else {
                s2 <- summary(fit, rmean = horizon)$table
                rn <- grep("rmean", names(s2), value = TRUE)
                m <- s2[rn[1]]
                se <- s2[rn[2]]
            }
            if (horizon > max(S[ix, 1]) * (1 + 1e-09) && min(fit$surv) > 0)
                m <- se <- NA
            rm[[x]] <- c(m, se)
            put(an, "rmst", x, time = if (is.na(tau))
                ""
            else tm10(tau), method = "kaplan_meier.rmst", interval = paste0("wald.", cl(conf0)), value = m,
                se = se, lower = m - zc0 * se, upper = m + zc0 * se, n = sum(ix), events = sum(S[ix,
                  2]))
        }
    }
    for (x in setdiff(sp$decl, sp$control)) {
        y <- sp$control
        if (is.null(ld[[x]]) || is.null(ld[[y]]))
            next
        for (t in tm10(sp$grid)) {
            A <- ld[[x]][[t]]
            B <- ld[[y]][[t]]
            d <- A[1] - B[1]
            se <- sqrt(A[2]^2 + B[2]^2)
            if (is.na(se) || se == 0)
                se <- NA
            z <- d/se
            put(an, "survival_difference", x, y, time = t, method = "kaplan_meier", interval = paste0("plain.",
                cl(conf)), value = d, se = se, lower = max(-1, d - zc * se), upper = min(1, d + zc *
                se))
            put(an, "z", x, y, time = t, method = "kaplan_meier.difference", value = z)
            put(an, "p_value", x, y, time = t, method = "kaplan_meier.difference.two_sided", value = 2 *
                pnorm(-abs(z)))
        }
        if (horizon > 0) {
            A <- rm[[x]]
            B <- rm[[y]]
            d <- A[1] - B[1]
            se <- sqrt(A[2]^2 + B[2]^2)
            lse <- sqrt((A[2]/A[1])^2 + (B[2]/B[1])^2)
            r <- A[1]/B[1]
            tt <- if (is.na(tau))
                ""
            else tm10(tau)
            put(an, "rmst_difference", x, y, time = tt, method = "kaplan_meier.rmst", interval = paste0("wald.",
                cl(conf0)), value = d, se = se, lower = d - zc0 * se, upper = d + zc0 * se)
            put(an, "rmst_ratio", x, y, time = tt, method = "kaplan_meier.rmst", interval = paste0("wald.",
                cl(conf0)), value = r, se = lse, lower = r * exp(-zc0 * lse), upper = r * exp(zc0 * lse))
            put(an, "p_value", x, y, time = tt, method = "rmst.difference.two_sided", value = if (is.na(se) ||
                se == 0)
                NA
            else 2 * pnorm(-abs(d/se)))
        }
    }
}

subgroups <- function(an, d, S, arm, sp, ties, conf) {
    zc <- qnorm(1 - (1 - conf)/2)
    for (f in c("f2", "s3", "s1")) {
        g <- d[[f]]
        for (lv in levels(g)) {
            gr <- paste0("factor=", f, ";level=", lv)
            for (x in sp$decl) {
                m <- arm == x & !is.na(g) & g == lv
                put(an, "subjects", x, groups = gr, value = sum(m))
                put(an, "events", x, groups = gr, value = sum(S[m, 2]))
            }
        }
        for (x in setdiff(sp$decl, sp$control)) {
            ix <- arm %in% c(x, sp$control)
            SS <- S[ix]
            trt <- as.numeric(arm[ix] == x)
            gg <- g[ix]
            for (lv in levels(g)) {
                m <- !is.na(gg) & gg == lv
                v <- c(NA, NA, NA, NA)
                fl <- ""
                e <- sum(SS[m, 2])
                if (any(m) && length(unique(trt[m])) == 2 && e >= max(1, sp$submin)) {
                  fit <- withCallingHandlers(try(coxph(SS[m] ~ trt[m], ties = ties, control = ctl), silent = TRUE),
                    warning = function(w) fl <<- paste(fl, conditionMessage(w)))
                  if (!inherits(fit, "try-error")) {
                    b <- coef(fit)[[1]]
                    se <- sqrt(fit$var[1])
                    v <- c(exp(b), exp(b - zc * se), exp(b + zc * se), se)
                  }
                }
                put(an, "hazard_ratio", x, sp$control, groups = paste0("factor=", f, ";level=", lv),
                  method = paste0("cox.", ties), interval = paste0("wald.", cl(conf)), value = v[1],
                  lower = v[2], upper = v[3], se = v[4], n = sum(m), events = e, flag = fl)
            }
            m <- !is.na(gg)
            g2 <- droplevels(gg[m])
            lrt <- df <- NA
            fl <- ""
            ev <- tapply(SS[m, 2], g2, sum)
            both <- tapply(trt[m], g2, function(z) length(unique(z)) == 2)
            if (sum(ev > 0 & both) >= 2) {
                W <- ""
                k <- g2 %in% names(ev)[ev > 0]
                g3 <- droplevels(g2[k])
                bl <- names(ev)[ev > 0 & both]
                g3 <- factor(as.character(g3), c(bl, setdiff(levels(g3), bl)))
                S3 <- SS[m][k]
                t3 <- trt[m][k]
                f1 <- withCallingHandlers(try(coxph(S3 ~ t3 + g3, ties = ties, control = ctl), silent = TRUE),
                  warning = function(w) W <<- paste(W, conditionMessage(w)))
                f2 <- withCallingHandlers(try(coxph(S3 ~ t3 * g3, ties = ties, control = ctl), silent = TRUE),
                  warning = function(w) W <<- paste(W, conditionMessage(w)))
                if (!inherits(f1, "try-error") && !inherits(f2, "try-error")) {
                  lrt <- 2 * (f2$loglik[2] - f1$loglik[2])
                  df <- sum(!is.na(coef(f2))) - sum(!is.na(coef(f1)))
                  if (df == 0)
                    lrt <- NA
                  fl <- W
                }
            }
            put(an, "interaction_chi_square", x, sp$control, groups = paste0("factor=", f), method = paste0("cox.",
                ties, ".likelihood_ratio"), value = lrt, df = df, flag = fl)
            put(an, "interaction_p_value", x, sp$control, groups = paste0("factor=", f), method = paste0("cox.",
                ties, ".likelihood_ratio"), value = pchisq(lrt, df, lower = FALSE), flag = fl)
        }
    }
}

for (id in names(specs)) {
    sp <- specs[[id]]
    cur <- paste0("t", id)
    d <- read.csv(sp$file, colClasses = "character", check.names = FALSE)
    arm <- sp$names[match(d$arm, sp$vals)]
    d$s1 <- factor(d$s1, sp$l1)
    d$s3 <- factor(d$s3, c("<65", "65-75", ">75"))
    d$f2 <- factor(d$f2, sp$l2, sp$lab2)
    d$age <- suppressWarnings(as.numeric(d$age))
    d$time <- as.numeric(d$time)
    d$dtime <- as.numeric(d$dtime)
    d$status <- as.integer(d$status)
    d$dstatus <- as.integer(d$dstatus)
    S1 <- aeqSurv(Surv(d$time, d$status == 1))
    S2 <- aeqSurv(Surv(d$dtime, d$dstatus == 1))
    strv <- as.character(interaction(d[sp$strat], drop = TRUE))
    one <- rep("1", nrow(d))
    conf0 <- sp$conf[1]
    zc0 <- qnorm(1 - (1 - conf0)/2)
    kmrows("m1", S1, arm, sp, sp$conf[1], sp$interval[1], sp$quant, sp$tau)
    tests("m1", S1, arm, sp, strv, "log_rank.stratified", 0, 0)
    tests("m1", S1, arm, sp, one, "log_rank", 0, 0)
    tests("m1", S1, arm, sp, one, "fleming_harrington.r1.g0", 1, 0)
    tests("m1", S1, arm, sp, strv, "fleming_harrington.r1.g0.stratified", 1, 0)
    tests("m1", S1, arm, sp, strv, "fleming_harrington.r0p5.g0p5.stratified", 0.5, 0.5)
    tests("m1", S1, arm, sp, one, "fleming_harrington.r0.g1", 0, 1)
    coxrows("m1", d, S1, arm, sp, strv, character(), sp$ties[1], sp$conf[1], paste0("cox.", sp$ties[1],
        ".stratified"))
    coxrows("m1", d, S1, arm, sp, one, character(), "efron", 0.95, "cox.efron")
    coxrows("m1", d, S1, arm, sp, one, character(), "breslow", 0.95, "cox.breslow")
    subgroups("m1", d, S1, arm, sp, sp$ties[1], sp$conf[1])
    conf0 <- 0.95
    zc0 <- qnorm(0.975)
    kmrows("m2", S2, arm, sp, sp$conf[2], sp$interval[2], c(0.25, 0.75), NA)
    tests("m2", S2, arm, sp, one, "log_rank", 0, 0)
    st2 <- if (length(sp$covs))
        as.character(interaction(d[sp$covs], drop = TRUE))
    else one
    coxrows("m2", d, S2, arm, sp, st2, sp$cov, sp$ties[2], sp$conf[2], paste0("cox.", sp$ties[2], if (length(sp$covs))
        ".stratified"
    else "", ".adjusted"))
    ct <- c(log_log = "log-log", log = "log", plain = "plain")
    for (x in c("", sp$decl)) {
        ix <- if (x == "")
            rep(TRUE, nrow(d))
        else arm == x
        if (!any(ix))
            next
        for (w in 1:2) {
            fit <- survfit(Surv(d$dtime[ix], d$dstatus[ix] == 0) ~ 1, conf.type = ct[[sp$interval[w]]],
                conf.int = sp$conf[w])
            tb <- summary(fit)$table
            put("follow_up", "follow_up_median", x, method = "reverse_kaplan_meier", interval = paste0(sp$interval[w],
                ".", cl(sp$conf[w])), value = tb["median"], lower = tb[grep("LCL", names(tb))], upper = tb[grep("UCL",
                names(tb))], n = sum(ix))
        }
    }
}

close(con)
