# Cochran-Mantel-Haenszel without continuity correction, by R 4.2.2's stats::mantelhaen.test (correct = FALSE).
# Two strata of responders and others by arm (experimental, control); and three arms without strata.
options(digits = 16)
two <- array(c(10, 10, 5, 15, 8, 7, 6, 12), dim = c(2, 2, 2))
a <- mantelhaen.test(two, correct = FALSE)
cat(a$statistic, a$p.value, a$estimate, a$conf.int, "\n")
one <- array(c(18, 17, 11, 27), dim = c(2, 2, 1))
n <- sum(one); b <- chisq.test(one[, , 1], correct = FALSE)
cat(b$statistic * (n - 1) / n, pchisq(b$statistic * (n - 1) / n, 1, lower.tail = FALSE), "\n")
three <- array(c(18, 17, 11, 27, 9, 11, 7, 7, 4, 8, 6, 9), dim = c(2, 3, 2))
c <- mantelhaen.test(three, correct = FALSE)
cat(c$statistic, c$parameter, c$p.value, "\n")
