# Computes the figures of a group report from its patients, by R's own functions, and holds painscore's against them.
# Called by .ci/agree-with-r with the folder that the Go test wrote.
folder <- commandArgs(trailingOnly = TRUE)[1]
limit <- 1e-9
read <- function(name, ...) read.csv(file.path(folder, name), stringsAsFactors = FALSE, na.strings = "", ...)
episodes <- read("episodes.csv")
scores <- merge(read("scores.csv", colClasses = c(value = "character")), episodes[, c("episode", "level", "unit", "type")], by = "episode")
answers <- merge(read("answers.csv"), episodes[, c("episode", "level")], by = "episode")
thresholds <- read("thresholds.csv")
theirs <- read("figures.csv", quote = "\"", colClasses = "character")
as_of <- as.Date("2026-01-01")
occasions <- c("baseline", "programme_end", "follow_up_12_months")

found <- list(); count <- 0
put <- function(figure, of, value) {
  count <<- count + 1
  found[[count]] <<- list(figure, of, value)
}
summarise <- function(of, x) {
  put("n", of, length(x))
  if (length(x) == 0) return(invisible())
  put("mean", of, mean(x)); put("sd", of, sd(x))
  q <- quantile(x, c(.25, .5, .75), type = 7, names = FALSE)
  put("q1", of, q[1]); put("median", of, q[2]); put("q3", of, q[3])
}
share <- function(figure, of, k, n) {
  if (n == 0) return(invisible())
  ci <- suppressWarnings(prop.test(k, n, correct = FALSE))$conf.int
  put(paste(figure, "share"), of, k / n); put(paste(figure, "low"), of, ci[1]); put(paste(figure, "high"), of, ci[2])
}
day <- function(x) as.Date(x)

# Flow and response rates.
scores$answered_on <- day(scores$answered_on)
first <- aggregate(answered_on ~ episode + occasion, scores, min)
for (o in occasions) {
  f <- first[first$occasion == o, ]
  episodes[[o]] <- f$answered_on[match(episodes$episode, f$episode)]
}
for (d in c("referred", "visited", "started", "ended")) episodes[[d]] <- day(episodes[[d]])
done <- episodes$status == "completed" | (!is.na(episodes$ended) & !(episodes$status %in% c("dropped_out", "cancelled")))
began <- done | !is.na(episodes$started) | !is.na(episodes$ended)
came <- began | !is.na(episodes$visited)
has <- sapply(occasions, function(o) !is.na(episodes[[o]]))
since <- as.numeric(as_of - episodes$ended)
due <- done & episodes$silent == "false" & !is.na(since) & since > 455
for (level in unique(episodes$level)) {
  here <- episodes$level == level
  steps <- list(referred = rep(TRUE, nrow(episodes)), first_visit = came, started = began, completed = done, end_form = has[, 2],
                form_12_months = has[, 3], paired_end = has[, 1] & has[, 2], paired_12_months = has[, 1] & has[, 3])
  for (s in names(steps)) put("n", paste(level, "flow", s), sum(steps[[s]] & here))
  gaps <- list(first_visit = list(episodes$referred, episodes$visited, came), started = list(episodes$visited, episodes$started, began),
               completed = list(episodes$started, episodes$ended, done), end_form = list(episodes$ended, episodes[[occasions[2]]], has[, 2]),
               form_12_months = list(episodes$ended, episodes[[occasions[3]]], has[, 3]))
  for (s in names(gaps)) {
    x <- as.numeric(gaps[[s]][[2]] - gaps[[s]][[1]])[gaps[[s]][[3]] & here]
    x <- x[!is.na(x)]
    if (!(s %in% c("end_form", "form_12_months"))) x <- x[x >= 0]
    summarise(paste(level, "days", s), x)
  }
  expected <- list(came, done, due)
  for (i in 1:3) {
    of <- paste(level, "response", occasions[i])
    n <- sum(expected[[i]] & here); k <- sum(expected[[i]] & here & has[, i])
    put("n", paste(of, "expected"), n); put("n", paste(of, "answered"), k); share("response", of, k, n)
  }
}

# Scales: distributions, paired change, verdicts, attrition.
profiles <- scores[scores$scale == "profile", ]
numbers <- scores[scores$scale != "profile" & !is.na(scores$value), ]
numbers$value <- as.numeric(numbers$value)
pairs <- list(c(1, 2), c(1, 3), c(2, 3))
for (part in split(numbers, list(numbers$level, numbers$instrument, numbers$scale), drop = TRUE)) {
  level <- part$level[1]; instrument <- part$instrument[1]; scale <- part$scale[1]
  of <- paste(level, instrument, scale)
  at <- lapply(occasions, function(o) part[part$occasion == o, ])
  for (i in 1:3) summarise(paste(of, occasions[i]), at[[i]]$value)
  for (p in pairs) {
    both <- merge(at[[p[1]]], at[[p[2]]], by = "episode")
    both <- both[both$expected.x == both$expected.y, ]
    d <- both$value.y - both$value.x; n <- length(d)
    what <- paste(of, occasions[p[1]], occasions[p[2]])
    test <- t.test(both$value.y, both$value.x, paired = TRUE)
    put("change n", what, n); put("change mean", what, unname(test$estimate)); put("change sd", what, sd(d))
    put("change ci low", what, test$conf.int[1]); put("change ci high", what, test$conf.int[2])
    put("change srm", what, mean(d) / sd(d)); put("change g", what, mean(d) / sd(both$value.x) * (1 - 3 / (4 * (n - 1) - 1)))
    rules <- thresholds[thresholds$instrument == instrument & thresholds$scale == scale, ]
    if (nrow(rules) == 0) next
    class <- rep(NA, n)
    # A verdict is on the exact difference, rounded once to the decimals that are printed: two where a score is prorated.
    size <- floor(abs(both$exact.y - both$exact.x) * 100 + 0.5 + 1e-9) / 100
    for (r in seq_len(nrow(rules))) {
      rule <- rules[r, ]
      holds <- is.na(class) & (is.na(rule$at_most) | both$value.x <= rule$at_most) & (is.na(rule$above) | both$value.x > rule$above) &
        (both$type.x != "exhaustion" | rule$borrowed == "true")
      good <- sign(d) == rule$better
      class[holds] <- ifelse(size < rule$low, "unchanged", ifelse(size < rule$high, "uncertain", ifelse(good, "improved", "deteriorated")))[holds]
    }
    judged <- sum(!is.na(class))
    for (v in c("improved", "uncertain", "unchanged", "deteriorated")) {
      k <- sum(class == v, na.rm = TRUE)
      put("verdict n", paste(what, v), k); share("verdict", paste(what, v), k, judged)
    }
  }
  base <- at[[1]]
  place <- match(base$episode, episodes$episode)
  for (unit in unique(base$unit)) {
    of_unit <- paste(level, unit, instrument, scale)
    with <- base$value[due[place] & has[place, 3] & base$unit == unit]
    without <- base$value[due[place] & !has[place, 3] & base$unit == unit]
    put("attrition n", paste(of_unit, "with"), length(with)); put("attrition n", paste(of_unit, "without"), length(without))
    put("attrition mean", paste(of_unit, "with"), mean(with)); put("attrition mean", paste(of_unit, "without"), mean(without))
    t <- t.test(with, without, var.equal = TRUE)
    put("attrition d", of_unit, (mean(with) - mean(without)) / (t$stderr / sqrt(1 / length(with) + 1 / length(without))))
  }
}

# EQ-5D: Paretian classes and level frequencies.
profiles <- profiles[!is.na(profiles$value), ]
for (level in unique(profiles$level)) for (p in pairs) {
  here <- profiles[profiles$level == level, ]
  both <- merge(here[here$occasion == occasions[p[1]], ], here[here$occasion == occasions[p[2]], ], by = "episode")
  digits <- function(x) do.call(rbind, lapply(strsplit(x, ""), as.integer))
  a <- digits(both$value.x); b <- digits(both$value.y)
  better <- apply(b < a, 1, any); worse <- apply(b > a, 1, any); healthy <- apply(a == 1 & b == 1, 1, all)
  class <- ifelse(healthy, "NO_PROBLEMS", ifelse(better & worse, "MIXED", ifelse(better, "IMPROVED", ifelse(worse, "WORSENED", "NO_CHANGE"))))
  for (v in c("IMPROVED", "NO_PROBLEMS", "NO_CHANGE", "MIXED", "WORSENED")) {
    of <- paste(level, occasions[p[1]], occasions[p[2]], v)
    put("pchc n", of, sum(class == v)); share("pchc", of, sum(class == v), length(class))
  }
}
dimensions <- answers[answers$item != "vas" & !is.na(answers$value), ]
for (part in split(dimensions, list(dimensions$level, dimensions$occasion, dimensions$item), drop = TRUE)) for (v in 1:5) {
  of <- paste(part$level[1], part$occasion[1], part$item[1], v)
  put("level n", of, sum(part$value == v)); share("level", of, sum(part$value == v), nrow(part))
}

# The comparison.
mine <- data.frame(figure = sapply(found, `[[`, 1), of = sapply(found, `[[`, 2), r = as.numeric(sapply(found, `[[`, 3)))
both <- merge(mine, theirs, by = c("figure", "of"), all = TRUE)
both$go <- suppressWarnings(as.numeric(both$value))
lacking <- both[is.na(both$go) | is.na(both$r), ]
if (nrow(lacking) > 0) {
  cat("figures that one of the two does not have:", nrow(lacking), "\n")
  print(head(lacking, 20))
}
both <- both[!(is.na(both$go) | is.na(both$r)), ]
# Where a figure is about 0 by cancellation, digits count from the size of what was subtracted: points of a scale.
both$difference <- abs(both$go - both$r) / pmax(abs(both$r), 1e-3)
table <- aggregate(difference ~ figure, both, max)
table$figures <- as.vector(tapply(both$difference, both$figure, length)[table$figure])
cat(sprintf("%-18s %7d figures, largest relative difference %.1e\n", table$figure, table$figures, table$difference), sep = "")
worst <- max(both$difference)
cat(sprintf("%d figures of %d patients, largest relative difference %.1e, limit %.0e\n", nrow(both), nrow(episodes), worst, limit))
if (worst > limit || nrow(lacking) > 0 || nrow(both) < 1000) {
  print(head(both[order(-both$difference), c("figure", "of", "r", "go", "difference")], 10))
  quit(status = 1)
}
