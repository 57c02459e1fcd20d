package server_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server"
)

// oddTexts are what a caller may send where a text belongs.
var oddTexts = []string{
	"", " ", "u", "e", "s-1", "hads", "nprs", "personnummer", "191212121212", "189001019802", "2024-02-01", "9999-99-99", "sv", "x'); DROP TABLE episode;--",
	"%s%n%v", "\u202e", "\x01", "ö", strings.Repeat("å", 201), "../../etc/passwd", "AAAAAAAAAAAA", "null", "-1", "1e309",
}

// oddMessage fills a message of any type with what is well-formed and seldom right.
func oddMessage(random *rand.Rand, to protoreflect.Message, depth int) {
	fields := to.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case random.IntN(4) == 0 || depth > 4 && field.Message() != nil:
		case field.IsMap():
		case field.IsList():
			for range random.IntN(4) {
				to.Mutable(field).List().Append(oddValue(random, to.Mutable(field).List().NewElement(), field, depth))
			}
		default:
			to.Set(field, oddValue(random, to.NewField(field), field, depth))
		}
	}
}

func oddValue(random *rand.Rand, empty protoreflect.Value, field protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	number := []int64{0, 1, 2, 3, -1, 1 << 30, -1 << 31}[random.IntN(7)]
	switch field.Kind() {
	case protoreflect.MessageKind:
		oddMessage(random, empty.Message(), depth+1)
		return empty
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(oddTexts[random.IntN(len(oddTexts))])
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{0, 255})
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(random.IntN(2) == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(random.IntN(9) - 1))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(number))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(number << 31)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(number))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(number))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(number) / 3)
	}
	return empty
}

// inner are signs of a text that was not meant for a caller: a Go type or file, a
// path, SQL, and of an identifier that was sent.
var inner = regexp.MustCompile(`\*?\b(clinic|store|sqlstore|sqlite|postgres|access|errors|fmt|runtime|proto|identity)\.[A-Za-z]|\.go\b|goroutine|nil pointer|(?i:\bselect\b.*\bfrom\b|sql:|constraint|sqlite|pgx)|/tmp/|/root/|19121212|18900101`)

// TestWhateverIsSentIsAnsweredWithAReason sends every unary call of the contract,
// found by its descriptor, a hundred messages that are well-formed and odd.
func TestWhateverIsSentIsAnsweredWithAReason(t *testing.T) {
	conn := service(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, full := range server.Methods() {
		service, name, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
		if err != nil {
			t.Fatal(err)
		}
		method := found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(name))
		if method.IsStreamingClient() || method.IsStreamingServer() {
			continue
		}
		for range 100 {
			request, reply := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
			oddMessage(random, request, 0)
			if err := conn.Invoke(t.Context(), full, request, reply); err != nil {
				checkAnswer(t, full, request, err)
			}
		}
	}
}

func checkAnswer(t *testing.T, method string, request proto.Message, err error) {
	t.Helper()
	st := status.Convert(err)
	reason := ""
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			reason = info.Reason
		}
	}
	if _, known := pb.ErrorReason_value["ERROR_REASON_"+reason]; !known || st.Code() == codes.Internal || st.Code() == codes.Unknown {
		t.Errorf("%s: %s, reason %q: %v\n%v", method, st.Code(), reason, err, request)
	}
	if sign := inner.FindString(st.Proto().String()); sign != "" {
		t.Errorf("%s: the answer has %q in it: %v", method, sign, st)
	}
}
