package server

import (
	"strconv"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/painscore/painscore/server/clinic"
)

// unknown finds what a message carries and this server does not know: fields
// of a newer contract, and enum numbers without a name. Ignoring them would
// lose data of a newer client silently, so they are problems like any other.
func unknown(message protoreflect.ProtoMessage) []clinic.Problem {
	return unknownIn(nil, "", message.ProtoReflect())
}

func unknownIn(found []clinic.Problem, path string, m protoreflect.Message) []clinic.Problem {
	if len(m.GetUnknown()) > 0 {
		found = append(found, clinic.Problem{Field: path, Reason: reasonUnknownField, Description: "carries a field that this server does not know"})
	}
	for _, field := range fieldsToLookInto(m.Descriptor()) {
		if !m.Has(field) {
			continue
		}
		value, at := m.Get(field), string(field.Name())
		if path != "" {
			at = path + "." + at
		}
		if !field.IsList() {
			found = unknownValue(found, at, field, value)
			continue
		}
		for i := range value.List().Len() {
			if element := value.List().Get(i); holdsUnknown(field, element) {
				found = unknownValue(found, at+"["+strconv.Itoa(i)+"]", field, element)
			}
		}
	}
	return found
}

// lookedInto remembers what fieldsToLookInto found, by message.
var lookedInto sync.Map

// fieldsToLookInto are the fields of a message in which something unknown can
// stand. To range over all that is set in each of a sheet's dozen answers took 5 %
// of an import's processor time.
func fieldsToLookInto(message protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	if fields, ok := lookedInto.Load(message); ok {
		return fields.([]protoreflect.FieldDescriptor)
	}
	var fields []protoreflect.FieldDescriptor
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if field.Kind() == protoreflect.MessageKind || field.Kind() == protoreflect.EnumKind {
			fields = append(fields, field)
		}
	}
	lookedInto.Store(message, fields)
	return fields
}

// holdsUnknown spares the common case, a list of well-formed answers, from
// building a path for each.
func holdsUnknown(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
	return len(unknownValue(nil, "", field, value)) > 0
}

func unknownValue(found []clinic.Problem, at string, field protoreflect.FieldDescriptor, value protoreflect.Value) []clinic.Problem {
	if field.Kind() == protoreflect.MessageKind {
		return unknownIn(found, at, value.Message())
	}
	if field.Enum().Values().ByNumber(value.Enum()) == nil {
		found = append(found, clinic.Problem{Field: at, Reason: reasonUnknownField, Description: "not a value that this server knows"})
	}
	return found
}
