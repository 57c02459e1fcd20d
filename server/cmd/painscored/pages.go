package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/painscore/painscore/server/pace"
)

// pagesPatience is how long a reader's connection is waited for. A reader who
// sends or takes a byte a minute must not hold what others need; one with a poor
// line still gets a page of 100 kB.
type pagesPatience struct {
	header, request time.Duration // for the headers, and for the whole request
	answer          time.Duration // for the page to be made and taken
	idle            time.Duration // between two requests
}

var usualPagesPatience = pagesPatience{header: 5 * time.Second, request: 15 * time.Second, answer: 30 * time.Second, idle: 2 * time.Minute}

// maxPageHeader is how large a request's headers may be in all; cookies and the
// issuer's answer are the largest.
const maxPageHeader = 32 << 10

// newPagesServer serves the pages, and waits for nobody longer than that.
func newPagesServer(pages http.Handler, wait pagesPatience, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           pages,
		ReadHeaderTimeout: wait.header,
		ReadTimeout:       wait.request,
		WriteTimeout:      wait.answer,
		IdleTimeout:       wait.idle,
		MaxHeaderBytes:    maxPageHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// pagesRate is how often one reader may ask for pages: ten a second is more than
// anybody reads, and a hundred at once are all the tabs that somebody opens. Like
// the pace of calls it holds where people sign in.
var pagesRate = pace.Rate{PerSecond: 10, Burst: 100}

func (c config) pagesRate() pace.Rate {
	if c.signIn.Empty() {
		return pace.Rate{}
	}
	return pagesRate
}
