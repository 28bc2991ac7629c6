# Cox models with options on survival's colon data, as examples/colon declares them; writes colon_cox_options.json.
# R 4.2.2, survival 3.5-3. Rscript colon_cox_options.R > colon_cox_options.json
library(survival)
tight <- coxph.control(eps = 1e-14, iter.max = 100)
death <- subset(colon, etype == 2)
rec <- subset(colon, etype == 1)
death$change <- ifelse(rec$status[match(death$id, rec$id)] == 1, rec$time[match(death$id, rec$id)], Inf)
num <- function(x) formatC(x, digits = 17, format = "g")
out <- list()
add <- function(name, ...) out[[name]] <<- paste0("\"", name, "\": [", paste(sapply(c(...), num), collapse = ", "), "]")
for (arm in c("Lev", "Lev+5FU")) {
  d <- subset(death, rx %in% c("Obs", arm)); d$x <- as.numeric(d$rx == arm)
  d$w <- 1 + d$age / 100
  fit <- coxph(Surv(time, status) ~ x, d, robust = TRUE, control = tight); s <- summary(fit)
  add(paste0("robust ", arm), coef(fit), s$coefficients[, "robust se"])
  fit <- coxph(Surv(time, status) ~ x, d, cluster = extent, control = tight); s <- summary(fit)
  add(paste0("clustered ", arm), coef(fit), s$coefficients[, "robust se"])
  fit <- coxph(Surv(time, status) ~ x, d, weights = w, robust = TRUE, control = tight); s <- summary(fit)
  add(paste0("weighted ", arm), coef(fit), s$coefficients[, "robust se"])
  fit <- coxph(Surv(time, status) ~ x, d, weights = w, robust = FALSE, control = tight)
  add(paste0("counted ", arm), coef(fit), sqrt(diag(vcov(fit))))
  fit <- coxph(Surv(pmin(age, time - 1), time, status) ~ x, d, control = tight)
  add(paste0("entry ", arm), coef(fit), sqrt(diag(vcov(fit))))
  fit <- coxph(Surv(time, status) ~ x + strata(node4), d, ties = "exact", control = tight)
  add(paste0("discrete ", arm), coef(fit), sqrt(diag(vcov(fit))), fit$score)
  cut <- d$change < d$time
  a <- transform(d, start = 0, stop = ifelse(cut, change, time), event = ifelse(cut, 0, status), z = 0)
  b <- transform(d[cut, ], start = change, stop = time, event = status, z = 1)
  fit <- coxph(Surv(start, stop, event) ~ x + z, rbind(a, b), control = tight)
  add(paste0("time_dependent ", arm), coef(fit), sqrt(diag(vcov(fit))))
  fit <- coxph(Surv(time, status) ~ x + age + sex + strata(node4), d, control = tight)
  for (g in c("km", "rank", "identity", "log")) {
    z <- cox.zph(fit, transform = g)
    add(paste0("zph ", g, " ", arm), z$table[, "chisq"])
  }
  # profile-likelihood limits of x
  fit <- coxph(Surv(time, status) ~ x + strata(node4), d, control = tight)
  drop <- function(b) 2 * (fit$loglik[2] - coxph(Surv(time, status) ~ offset(b * x) + strata(node4), d)$loglik[1]) - qchisq(.95, 1)
  low <- uniroot(drop, c(coef(fit) - 1, coef(fit)), tol = 1e-13)$root
  high <- uniroot(drop, c(coef(fit), coef(fit) + 1), tol = 1e-13)$root
  add(paste0("profile ", arm), coef(fit), low, high)
}
cat("{\n", paste(unlist(out), collapse = ",\n"), "\n}\n", sep = "")
