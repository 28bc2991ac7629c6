# What R's survival package says about three public data sets with recurrent events. From the root of the repository:
#   Rscript tests/reference/mean_cumulative_count.R > tests/reference/mean_cumulative_count.json
# cgd: infections of 128 patients. valveSeat: replacements on 41 diesel engines (Nelson 1995). bladder1: recurrences of
# bladder tumors, follow-up ended by 28 deaths; two patients without follow-up are left out.
# The estimate without death and its error are those of survfit(Surv(start, stop, status) ~ 1, id = id). With death, the
# increments and their influences are weighted by S(t-) of the deaths, whose own influences survfit gives too.
suppressMessages(library(survival))

valve <- valveSeat[order(valveSeat$id, valveSeat$time, -valveSeat$status), ]
# survfit refuses two events of a subject at one time: the first is moved a quarter of a day ahead, where nobody leaves
# in between (histories end on whole days, after the events of that day).
events <- valve$status == 1
again <- duplicated(valve[events, c("id", "time")], fromLast = TRUE)
valve$moved <- valve$time
valve$moved[events][again] <- valve$time[events][again] - 0.25
valve$start <- ave(valve$moved, valve$id, FUN = function(t) c(0, head(t, -1)))
# An engine whose history ends with its last replacement would have an empty interval.
valve <- valve[valve$moved > valve$start, ]

bladder <- bladder1[bladder1$stop > bladder1$start, ]
bladder$start <- as.numeric(bladder$start)
deaths <- aggregate(cbind(end = stop, died = status >= 2) ~ id, bladder, max)

sets <- list(
  cgd = data.frame(id = cgd$id, start = cgd$tstart, stop = cgd$tstop, event = cgd$status),
  valve = data.frame(id = valve$id, start = valve$start, stop = valve$moved, event = valve$status),
  bladder = data.frame(id = bladder$id, start = bladder$start, stop = bladder$stop, event = as.numeric(bladder$status == 1))
)
say <- function(values) paste0("[", paste(trimws(formatC(as.numeric(values), digits = 17, format = "g")), collapse = ", "), "]")
out <- character()
for (name in names(sets)) {
  d <- sets[[name]]
  fit <- survfit(Surv(start, stop, event) ~ 1, data = d, id = id, influence = TRUE)
  mean <- fit$cumhaz
  se <- fit$std.chaz
  ids <- sort(unique(d$id))
  end <- sapply(ids, function(i) max(d$stop[d$id == i]))
  died <- rep(0, length(ids))
  if (name == "bladder") {
    stopifnot(all(deaths$id == ids), all(deaths$end == end))
    died <- deaths$died
    dead <- survfit(Surv(end, died) ~ 1, data = deaths, id = id, influence = TRUE)
    place <- findInterval(fit$time, dead$time, left.open = TRUE)  # strictly before
    s <- c(1, dead$surv)[place + 1]
    influence <- cbind(0, dead$influence.surv)[, place + 1]
    jump <- diff(c(0, fit$cumhaz))
    each <- t(apply(cbind(0, fit$influence.chaz), 1, diff))
    mean <- cumsum(s * jump)
    moved <- t(apply(sweep(each, 2, s, "*") + sweep(influence, 2, jump, "*"), 1, cumsum))
    se <- sqrt(colSums(moved^2))
  }
  events <- d[d$event == 1, ]
  out <- c(out, paste0('"', name, '": {"end": ', say(end), ', "died": ', say(died), ', "subject": ',
    say(match(events$id, ids) - 1), ', "event": ', say(events$stop), ', "time": ', say(fit$time), ', "mean": ', say(mean),
    ', "se": ', say(se), "}"))
}
cat('{\n"from": "', R.version.string, ", survival ", as.character(packageVersion("survival")), '",\n', sep = "")
cat('"command": "Rscript tests/reference/mean_cumulative_count.R > tests/reference/mean_cumulative_count.json",\n')
cat(paste(out, collapse = ",\n"), "\n}\n", sep = "")
