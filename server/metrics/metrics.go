// Package metrics tells an operator how painscored is: /livez and /readyz for
// whatever starts and balances processes, /metrics for Prometheus.
//
// Make a Service of its Sources, give its Calls to the gRPC server, and serve its
// Handler on a port of its own, which by default only this machine reaches. No
// label here can hold an identifier, a unit, an address or anything else that a
// caller sends: methods are the contract's, codes gRPC's, the rest fixed words.
// README.md beside this file lists every metric with what to watch for.
package metrics

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/painscore/painscore/server/store"
)

// Sources are what the figures are read from. A function that is nil has none.
type Sources struct {
	Version string
	Engine  string

	// Draining says that the server is about to stop.
	Draining func() bool
	// Reach returns an error if the store cannot be read.
	Reach func(ctx context.Context) error
	// Open is how many calls are being answered, by class.
	Open func() map[string]int64
	// Store is what the store tells of its writing.
	Store func() store.Figures
	// LogWaiting is how many events wait for the access log, LogRoom whether the
	// room kept for it is there, LogFull whether that is spent as well, so that
	// nobody is answered.
	LogWaiting func() int
	LogRoom    func() bool
	LogFull    func() bool
	// Purging is how many erased patients the store's files may still hold.
	Purging func(ctx context.Context) (int64, error)
	// Refused is how often a sign-in was refused since the start, by why.
	Refused func() map[string]uint64
	// Connections are how many are open, by port, and ConnectionsRefused how many
	// found no room there since the start.
	Connections        func() map[string]int64
	ConnectionsRefused func() map[string]uint64
}

// lookTime is how long a figure that has to be read from the store may take.
const lookTime = 2 * time.Second

// Service is the metrics of one process.
type Service struct {
	Calls    *Calls
	sources  Sources
	registry *prometheus.Registry
}

// New makes the metrics of a process, for the calls of these full names.
func New(sources Sources, methods []string) *Service {
	s := &Service{sources: sources, registry: prometheus.NewRegistry(), Calls: newCalls(methods)}
	s.registry.MustRegister(s.Calls.count, s.Calls.took, &figures{s.sources},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s
}

// Handler answers on the port of metrics and health.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	return mux
}

// ready says whether calls should come here. Why not is one word or two: what
// exactly is wrong stands in the log.
func (s *Service) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), lookTime)
	defer cancel()
	switch why := s.sources.unready(ctx); {
	case why != "":
		say(w, http.StatusServiceUnavailable, why)
	case s.sources.LogRoom != nil && !s.sources.LogRoom():
		// Reading goes on, so calls should still come.
		say(w, http.StatusOK, "ok, but the disk is full: submissions are refused")
	default:
		say(w, http.StatusOK, "ok")
	}
}

// unready is why no call should come, or empty.
func (s *Sources) unready(ctx context.Context) string {
	switch {
	case s.Draining():
		return "draining"
	case s.Reach(ctx) != nil:
		return "store unreachable"
	case s.LogFull != nil && s.LogFull():
		return "disk full"
	}
	return ""
}

func say(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(word + "\n"))
}

// figures are read when Prometheus asks.
type figures struct{ sources Sources }

// Descriptions of what figures tells. README.md is held to them by a test.
var (
	infoDesc        = describe("painscore_info", "Always 1; its labels are the program's version and the storage engine.", "version", "engine")
	readyDesc       = describe("painscore_ready", "1 if /readyz says ok, else 0.")
	openDesc        = describe("painscore_calls_open", "Calls being answered, by class: reading, writing or streaming.", "class")
	waitingDesc     = describe("painscore_store_waiting", "Jobs that wait for the store's writer, by their share of it.", "share")
	batchesDesc     = describe("painscore_store_batches_total", "Batches that the store's writer has settled; each is one flush to the medium.")
	tasksDesc       = describe("painscore_store_batch_tasks_total", "Tasks in these batches; divided by them, the mean size of a batch.")
	storeFullDesc   = describe("painscore_store_refused_total", "Jobs that were refused since their queue was full.")
	logWaitingDesc  = describe("painscore_access_log_waiting", "Events that wait to be on record.")
	logRoomDesc     = describe("painscore_access_log_room", "1 if the room kept for the access log is there; 0 once a full disk has taken it.")
	purgingDesc     = describe("painscore_erasures_pending_purge", "Erased patients of whom the store's files may still hold something.")
	refusedDesc     = describe("painscore_sign_in_refused_total", "Sign-ins refused, of calls and pages, by why.", "why")
	connDesc        = describe("painscore_connections_open", "Connections that are open, by port: calls or pages.", "port")
	connRefusedDesc = describe("painscore_connections_refused_total", "Connections that were closed at once since there were too many, by port.", "port")
	purgingFailDesc = describe("painscore_erasures_unreadable", "1 if the number of pending purges could not be read.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{infoDesc, readyDesc, openDesc, waitingDesc, batchesDesc, tasksDesc, storeFullDesc,
		logWaitingDesc, logRoomDesc, purgingDesc, purgingFailDesc, refusedDesc, connDesc, connRefusedDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	counter := func(d *prometheus.Desc, value uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	gauge(infoDesc, 1, f.sources.Version, f.sources.Engine)
	gauge(readyDesc, one(f.sources.unready(ctx) == ""))
	gauges := func(d *prometheus.Desc, by map[string]int64) {
		for _, label := range slices.Sorted(maps.Keys(by)) {
			gauge(d, float64(by[label]), label)
		}
	}
	gauges(openDesc, f.sources.Open())
	f.collectStore(gauge, counter)
	if f.sources.LogWaiting != nil {
		gauge(logWaitingDesc, float64(f.sources.LogWaiting()))
	}
	if f.sources.LogRoom != nil {
		gauge(logRoomDesc, one(f.sources.LogRoom()))
	}
	pending, err := f.sources.Purging(ctx)
	gauge(purgingFailDesc, one(err != nil))
	if err == nil { // none is better than one that is not known
		gauge(purgingDesc, float64(pending))
	}
	counters := func(d *prometheus.Desc, by map[string]uint64) {
		for _, label := range slices.Sorted(maps.Keys(by)) {
			counter(d, by[label], label)
		}
	}
	counters(refusedDesc, f.sources.Refused())
	if f.sources.Connections != nil {
		gauges(connDesc, f.sources.Connections())
		counters(connRefusedDesc, f.sources.ConnectionsRefused())
	}
}

func (f *figures) collectStore(gauge func(*prometheus.Desc, float64, ...string), counter func(*prometheus.Desc, uint64, ...string)) {
	if f.sources.Store == nil {
		return
	}
	w := f.sources.Store()
	for _, share := range slices.Sorted(maps.Keys(w.Waiting)) {
		gauge(waitingDesc, float64(w.Waiting[share]), share)
	}
	counter(batchesDesc, w.Batches)
	counter(tasksDesc, w.Tasks)
	counter(storeFullDesc, w.Refused)
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
