package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
)

// Calls counts the calls of the contract. It is safe for concurrent use.
type Calls struct {
	count *prometheus.CounterVec
	took  *prometheus.HistogramVec
	known map[string]*call // by full name; never changed after newCalls
}

// call is one method's counters, looked up once: a call that went well costs no
// look-up of labels.
type call struct {
	name string
	ok   prometheus.Counter
	took prometheus.Observer
}

// buckets reach from a trend in memory to the longest that a call may take
// unless it says otherwise, in seconds.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30}

func newCalls(methods []string) *Calls {
	c := &Calls{
		count: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "painscore_calls_total", Help: "Calls of the contract that have ended, by method and gRPC code.",
		}, []string{"method", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "painscore_call_seconds", Help: "How long calls took, by method, refused ones too; a stream from its opening to its end.", Buckets: buckets,
		}, []string{"method"}),
		known: map[string]*call{},
	}
	for _, full := range methods {
		name := short(full)
		c.known[full] = &call{name: name, ok: c.count.WithLabelValues(name, codes.OK.String()), took: c.took.WithLabelValues(name)}
	}
	return c
}

// short is "PatientService.GetTrend" for "/painscore.v1.PatientService/GetTrend".
func short(full string) string {
	service, method, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	return service[strings.LastIndexByte(service, '.')+1:] + "." + method
}

// Answered implements server.Watcher. A method that was not announced is not
// counted, so that no caller can make up labels.
func (c *Calls) Answered(method string, code codes.Code, took time.Duration) {
	one := c.known[method]
	switch {
	case one == nil:
		return
	case code == codes.OK:
		one.ok.Inc()
	default:
		if code > codes.Unauthenticated { // none of gRPC's
			code = codes.Unknown
		}
		c.count.WithLabelValues(one.name, code.String()).Inc()
	}
	one.took.Observe(took.Seconds())
}
