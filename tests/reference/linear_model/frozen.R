# Reference numbers of the linear models: Rscript frozen.R > frozen.json   (R 4.2.2, emmeans 1.8.4, sandwich 3.0)
# cases.csv is made-up data: three arms, unequal; region r3 is exactly arm c, so that c can't be told from it.
suppressMessages({library(emmeans); library(sandwich)})
options(digits = 17, contrasts = c("contr.treatment", "contr.poly"))
d <- read.csv("cases.csv", stringsAsFactors = TRUE)
json <- function(x) {
  if (is.list(x)) paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ", "), "}")
  else { t <- ifelse(is.na(x), "null", sprintf("%.17g", x)); if (length(x) == 1) t else paste0("[", paste(t, collapse = ", "), "]") }
}
pairs_of <- function(e) {
  p <- summary(contrast(e, list(b_a = c(-1, 1, 0), c_a = c(-1, 0, 1), c_b = c(0, -1, 1))), infer = TRUE, adjust = "none")
  list(estimate = p$estimate, se = p$SE, df = p$df[1], lower = p$lower.CL, upper = p$upper.CL, t = p$t.ratio, p = p$p.value)
}
means_of <- function(m, weights) {
  e <- emmeans(m, "arm", weights = weights); s <- summary(e, infer = TRUE)
  list(estimate = s$emmean, se = s$SE, lower = s$lower.CL, upper = s$upper.CL)
}
terms_of <- function(m) {
  t <- drop1(m, test = "F"); k <- rownames(t)[-1]
  setNames(lapply(k, function(i) list(df = t[i, "Df"], f = t[i, "F value"], p = t[i, "Pr(>F)"])), k)
}
model <- function(m) list(rss = deviance(m), df = m$df.residual, sigma = summary(m)$sigma, equal = means_of(m, "equal"),
  observed = means_of(m, "proportional"), pairs = pairs_of(emmeans(m, "arm")), terms = terms_of(m))
full <- lm(y ~ arm + site + age + base, d)
weighted <- lm(y ~ arm + site + age + base, d, weights = w)
one_way <- lm(y ~ arm, d)
v <- vcovHC(full, type = "HC3")
hc3 <- pairs_of(emmeans(full, "arm", vcov. = v))
k <- c("armb", "armc"); f3 <- drop(t(coef(full)[k]) %*% solve(v[k, k]) %*% coef(full)[k]) / 2
aliased <- lm(y ~ arm + region + base, d)
b <- summary(aliased)$coefficients["armb", ]
interaction <- anova(lm(y ~ arm + sex + base, d), lm(y ~ arm * sex + base, d))
dose <- lm(y ~ c(a = 0, b = 54, c = 81)[as.character(arm)] + site + age + base, d)
s <- summary(dose)$coefficients[2, ]
cat(json(list(
  full = model(full), weighted = model(weighted), one_way = model(one_way),
  hc3 = list(pairs = hc3, f = f3, p = pf(f3, 2, full$df.residual, lower.tail = FALSE)),
  aliased = list(rank = aliased$rank, df = aliased$df.residual, rss = deviance(aliased), b_a = unname(b)),
  interaction = list(df = interaction$Df[2], f = interaction$F[2], p = interaction[["Pr(>F)"]][2]),
  slope = list(estimate = s[[1]], se = s[[2]], t = s[[3]], p = s[[4]], df = dose$df.residual)
)), "\n")
