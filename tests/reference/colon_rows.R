# What R's survival package says about examples/colon, row by row. From the root of the repository:
#   Rscript tests/reference/colon_rows.R > tests/reference/colon_rows.json
# The Fleming-Harrington test with gamma > 0, which survdiff does not have, is written out below.
suppressMessages(library(survival))

data <- read.csv("examples/colon/data/colon.csv")
wide <- merge(data[data$etype == 2, ], data[data$etype == 1, c("id", "time", "status")], by = "id", suffixes = c("", ".rec"))
arms <- c(obs = "Obs", lev = "Lev", lev_5fu = "Lev+5FU")
recurrence <- data.frame(wide, t = wide$time.rec, e = wide$status.rec)
death <- data.frame(wide, t = wide$time, e = wide$status)
# Disease-free survival: the earlier of recurrence and death; without either, the earlier end of follow-up.
first <- ifelse(wide$status.rec == 1 & wide$status == 1, pmin(wide$time.rec, wide$time),
         ifelse(wide$status.rec == 1, wide$time.rec,
         ifelse(wide$status == 1, wide$time, pmin(wide$time.rec, wide$time))))
dfs <- data.frame(wide, t = first, e = pmax(wide$status.rec, wide$status))

rows <- character()
tell <- function(analysis, statistic, field, value, arm = "", versus = "", groups = "", time = "", method = "",
                 interval = "") {
  number <- if (is.na(value)) "null" else trimws(formatC(value, digits = 17, format = "g"))
  rows <<- c(rows, sprintf(
    '["%s", "%s", "%s", "%s", "%s", "%s", "%s", "%s", "%s", %s]',
    analysis, statistic, arm, versus, groups, time, method, interval, field, number))
}
limits <- function(..., value, lower, upper, se = NULL) {
  tell(..., field = "value", value = value)
  tell(..., field = "lower", value = lower)
  tell(..., field = "upper", value = upper)
  if (!is.null(se)) tell(..., field = "se", value = se)
}

by_arm <- function(name, d) {
  days <- c("3" = 1095.75, "5" = 1826.25)
  at <- list()
  for (arm in names(arms)) {
    own <- d[d$rx == arms[arm], ]
    tell(name, "subjects", "value", nrow(own), arm = arm)
    tell(name, "events", "value", sum(own$e), arm = arm)
    tell(name, "censored", "value", sum(1 - own$e), arm = arm)
    fit <- survfit(Surv(t, e) ~ 1, own, conf.type = "log-log")
    table <- summary(fit)$table
    limits(name, "median", arm = arm, method = "kaplan_meier", interval = "log_log.95",
           value = table["median"], lower = table["0.95LCL"], upper = table["0.95UCL"])
    q <- quantile(fit, c(0.25, 0.75))
    for (i in 1:2) limits(name, "quantile", arm = arm, groups = paste0("probability=", c("0.25", "0.75")[i]),
                          method = "kaplan_meier", interval = "log_log.95",
                          value = q$quantile[i], lower = q$lower[i], upper = q$upper[i])
    for (year in names(days)) {
      s <- summary(fit, times = days[[year]])
      limits(name, "survival", arm = arm, time = year, method = "kaplan_meier", interval = "log_log.95",
             value = s$surv, lower = s$lower, upper = s$upper, se = s$std.err)
      tell(name, "survival", "n", s$n.risk, arm = arm, time = year, method = "kaplan_meier", interval = "log_log.95")
      at[[paste(arm, year)]] <- c(s$surv, s$std.err)
    }
    m <- summary(fit, rmean = days[["5"]])$table
    mean <- m[["rmean"]]; se <- m[["se(rmean)"]]
    limits(name, "rmst", arm = arm, time = "5", method = "kaplan_meier.rmst", interval = "wald.95",
           value = mean, lower = mean - qnorm(0.975) * se, upper = mean + qnorm(0.975) * se, se = se)
    at[[paste(arm, "rmst")]] <- c(mean, se)
  }
  for (arm in c("lev", "lev_5fu")) {
    for (year in names(days)) {
      a <- at[[paste(arm, year)]]; b <- at[[paste("obs", year)]]
      est <- a[1] - b[1]; se <- sqrt(a[2]^2 + b[2]^2)
      limits(name, "survival_difference", arm = arm, versus = "obs", time = year, method = "kaplan_meier",
             interval = "plain.95", value = est, lower = est - qnorm(0.975) * se, upper = est + qnorm(0.975) * se, se = se)
      tell(name, "z", "value", est / se, arm = arm, versus = "obs", time = year, method = "kaplan_meier.difference")
      tell(name, "p_value", "value", 2 * pnorm(-abs(est / se)), arm = arm, versus = "obs", time = year,
           method = "kaplan_meier.difference.two_sided")
    }
    a <- at[[paste(arm, "rmst")]]; b <- at[["obs rmst"]]
    est <- a[1] - b[1]; se <- sqrt(a[2]^2 + b[2]^2)
    limits(name, "rmst_difference", arm = arm, versus = "obs", time = "5", method = "kaplan_meier.rmst",
           interval = "wald.95", value = est, lower = est - qnorm(0.975) * se, upper = est + qnorm(0.975) * se, se = se)
    tell(name, "p_value", "value", 2 * pnorm(-abs(est / se)), arm = arm, versus = "obs", time = "5",
         method = "rmst.difference.two_sided")
    lr <- log(a[1] / b[1]); lse <- sqrt((a[2] / a[1])^2 + (b[2] / b[1])^2)
    limits(name, "rmst_ratio", arm = arm, versus = "obs", time = "5", method = "kaplan_meier.rmst", interval = "wald.95",
           value = exp(lr), lower = exp(lr - qnorm(0.975) * lse), upper = exp(lr + qnorm(0.975) * lse), se = lse)
  }
}

# Fleming-Harrington with any rho and gamma: arm 1 of two, weights from the pooled survival within each stratum.
fleming_harrington <- function(t, e, x, s, rho, gamma) {
  u <- 0; v <- 0
  for (k in unique(s)) {
    i <- s == k
    pooled <- survfit(Surv(t[i], e[i]) ~ 1)
    before <- c(1, head(pooled$surv, -1))
    for (j in which(pooled$n.event > 0)) {
      now <- pooled$time[j]
      n <- sum(t[i] >= now); n1 <- sum(t[i] >= now & x[i] == 1)
      d <- sum(t[i] == now & e[i] == 1); d1 <- sum(t[i] == now & e[i] == 1 & x[i] == 1)
      w <- before[j]^rho * (1 - before[j])^gamma
      u <- u + w * (d1 - d * n1 / n)
      if (n > 1) v <- v + w^2 * d * (n1 / n) * (1 - n1 / n) * (n - d) / (n - 1)
    }
  }
  -u / sqrt(v)
}

test <- function(name, d, arm, method, difference) {
  z <- sqrt(difference$chisq) * sign(difference_sign(difference))
  tell(name, "z", "value", z, arm = arm, versus = "obs", method = method)
  tell(name, "chi_square", "value", difference$chisq, arm = arm, versus = "obs", method = method)
  tell(name, "p_value", "value", pchisq(difference$chisq, 1, lower.tail = FALSE), arm = arm, versus = "obs",
       method = paste0(method, ".two_sided"))
  tell(name, "p_value", "value", pnorm(-z), arm = arm, versus = "obs", method = paste0(method, ".one_sided"))
}
difference_sign <- function(s) {
  observed <- if (is.matrix(s$obs)) rowSums(s$obs) else s$obs
  expected <- if (is.matrix(s$exp)) rowSums(s$exp) else s$exp
  expected[2] - observed[2]
}

cox <- function(name, fit, arm, method, single = TRUE) {
  s <- summary(fit, conf.int = 0.95)
  b <- s$coefficients["x", "coef"]; se <- s$coefficients["x", "se(coef)"]
  limits(name, "hazard_ratio", arm = arm, versus = "obs", method = method, interval = "wald.95",
         value = exp(b), lower = exp(b - qnorm(0.975) * se), upper = exp(b + qnorm(0.975) * se), se = se)
  limits(name, "hazard_reduction", arm = arm, versus = "obs", method = method, interval = "wald.95",
         value = 1 - exp(b), lower = 1 - exp(b + qnorm(0.975) * se), upper = 1 - exp(b - qnorm(0.975) * se))
  tests <- c(wald = (b / se)^2)
  if (single) tests <- c(tests, likelihood_ratio = s$logtest[["test"]], score = s$sctest[["test"]])
  for (which in names(tests)) {
    tell(name, "chi_square", "value", tests[[which]], arm = arm, versus = "obs", method = paste0(method, ".", which))
    tell(name, "p_value", "value", pchisq(tests[[which]], 1, lower.tail = FALSE), arm = arm, versus = "obs",
         method = paste0(method, ".", which, ".two_sided"))
  }
}

exact <- coxph.control(eps = 1e-14, toler.chol = 1e-14, iter.max = 100)
subgroups <- list(sex = c(Female = 0, Male = 1), obstruct = c(No = 0, Yes = 1), adhere = c(No = 0, Yes = 1),
                  differ = c(Well = 1, Moderate = 2, Poor = 3), nodes4 = c(No = 0, Yes = 1))
column <- c(sex = "sex", obstruct = "obstruct", adhere = "adhere", differ = "differ", nodes4 = "node4")

contrasts <- function(name, d) {
  for (arm in c("lev", "lev_5fu")) {
    p <- d[d$rx %in% c("Obs", arms[[arm]]), ]
    p$x <- as.numeric(p$rx == arms[[arm]])
    test(name, p, arm, "log_rank.stratified", survdiff(Surv(t, e) ~ x + strata(node4), p))
    test(name, p, arm, "log_rank", survdiff(Surv(t, e) ~ x, p))
    test(name, p, arm, "fleming_harrington.r1.g0.stratified", survdiff(Surv(t, e) ~ x + strata(node4), p, rho = 1))
    z <- fleming_harrington(p$t, p$e, p$x, p$node4, 0, 1)
    tell(name, "z", "value", z, arm = arm, versus = "obs", method = "fleming_harrington.r0.g1.stratified")
    cox(name, coxph(Surv(t, e) ~ x + strata(node4), p, control = exact), arm, "cox.efron.stratified")
    cox(name, coxph(Surv(t, e) ~ x, p, control = exact), arm, "cox.efron")
    for (factor in names(subgroups)) {
      p$f <- p[[column[[factor]]]]
      for (level in names(subgroups[[factor]])) {
        own <- p[!is.na(p$f) & p$f == subgroups[[factor]][[level]], ]
        fit <- coxph(Surv(t, e) ~ x, own, control = exact)
        b <- coef(fit)[["x"]]; se <- sqrt(vcov(fit)[1, 1])
        groups <- paste0("factor=", factor, ";level=", level)
        limits(name, "hazard_ratio", arm = arm, versus = "obs", groups = groups, method = "cox.efron",
               interval = "wald.95", value = exp(b), lower = exp(b - qnorm(0.975) * se),
               upper = exp(b + qnorm(0.975) * se), se = se)
        tell(name, "subjects", "value", sum(own$x == 1), arm = arm, groups = groups)
        tell(name, "events", "value", sum(own$e[own$x == 1]), arm = arm, groups = groups)
      }
      known <- p[!is.na(p$f), ]
      chi <- 2 * (coxph(Surv(t, e) ~ x * factor(f), known, control = exact)$loglik[2] -
                  coxph(Surv(t, e) ~ x + factor(f), known, control = exact)$loglik[2])
      df <- length(subgroups[[factor]]) - 1
      method <- "cox.efron.likelihood_ratio"
      groups <- paste0("factor=", factor)
      tell(name, "interaction_chi_square", "value", chi, arm = arm, versus = "obs", groups = groups, method = method)
      tell(name, "interaction_chi_square", "df", df, arm = arm, versus = "obs", groups = groups, method = method)
      tell(name, "interaction_p_value", "value", pchisq(chi, df, lower.tail = FALSE), arm = arm, versus = "obs",
           groups = groups, method = method)
    }
  }
  for (method in c("log_rank", "log_rank.stratified")) {
    all <- if (method == "log_rank") survdiff(Surv(t, e) ~ rx, d) else survdiff(Surv(t, e) ~ rx + strata(node4), d)
    tell(name, "chi_square", "value", all$chisq, method = method)
    tell(name, "chi_square", "df", 2, method = method)
    tell(name, "p_value", "value", pchisq(all$chisq, 2, lower.tail = FALSE), method = paste0(method, ".two_sided"))
  }
}

adjusted <- function(name, d) {
  for (arm in c("lev", "lev_5fu")) {
    p <- d[d$rx %in% c("Obs", arms[[arm]]), ]
    p$x <- as.numeric(p$rx == arms[[arm]])
    fit <- coxph(Surv(t, e) ~ x + age + sex + obstruct + adhere + node4, p, control = exact)
    without <- coxph(Surv(t, e) ~ age + sex + obstruct + adhere + node4, p, control = exact)
    cox(name, fit, arm, "cox.efron.adjusted", single = FALSE)
    chi <- 2 * (fit$loglik[2] - without$loglik[2])
    tell(name, "chi_square", "value", chi, arm = arm, versus = "obs", method = "cox.efron.adjusted.likelihood_ratio")
    score <- coxph(Surv(t, e) ~ x + age + sex + obstruct + adhere + node4, p, init = c(0, coef(without)),
                   control = coxph.control(iter.max = 0))
    tell(name, "chi_square", "value", score$score, arm = arm, versus = "obs", method = "cox.efron.adjusted.score")
    about <- c(age = "covariate=age", sex = "covariate=sex;level=Male", obstruct = "covariate=obstruct;level=Yes",
               adhere = "covariate=adhere;level=Yes", node4 = "covariate=nodes4;level=Yes")
    for (term in names(about)) {
      b <- coef(fit)[[term]]; se <- sqrt(vcov(fit)[term, term])
      limits(name, "covariate_hazard_ratio", arm = arm, versus = "obs", groups = about[[term]],
             method = "cox.efron.adjusted", interval = "wald.95", value = exp(b), lower = exp(b - qnorm(0.975) * se),
             upper = exp(b + qnorm(0.975) * se), se = se)
    }
  }
}

for (case in list(list("dfs_main", dfs), list("os_main", death), list("recurrence_cause_specific", recurrence))) {
  by_arm(case[[1]], case[[2]])
  contrasts(case[[1]], case[[2]])
}
adjusted("dfs_adjusted", dfs)
for (arm in c("", names(arms))) {
  own <- if (arm == "") death else death[death$rx == arms[[arm]], ]
  table <- summary(survfit(Surv(t, 1 - e) ~ 1, own, conf.type = "log-log"))$table
  limits("follow_up", "follow_up_median", arm = arm, method = "reverse_kaplan_meier", interval = "log_log.95",
         value = table["median"], lower = table["0.95LCL"], upper = table["0.95UCL"])
}

cat("{\n")
cat(sprintf('"from": "%s, survival %s",\n', R.version.string, packageVersion("survival")))
cat('"command": "Rscript tests/reference/colon_rows.R > tests/reference/colon_rows.json",\n')
cat('"columns": ["analysis", "statistic", "arm", "versus", "groups", "time", "method", "interval", "field", "number"],\n')
cat('"rows": [\n', paste(rows, collapse = ",\n"), "\n]\n}\n", sep = "")
