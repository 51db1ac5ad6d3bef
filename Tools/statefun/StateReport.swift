import LocalRuntime
import RequestReply
import TypeName

/// The values of an address, for people or for programs.
struct StateReport {
    let values: [RuntimeAnswer.KeptValue]
    let declared: [RuntimeAnswer.DeclaredValue]

    private var unset: [RuntimeAnswer.DeclaredValue] {
        declared.filter { state in !values.contains { $0.name == state.name } }
    }

    func text(of address: Address, on terminal: Terminal) -> String {
        guard !values.isEmpty || !declared.isEmpty else {
            return "\(ShownText.safe(address.description)) keeps no values, and its functions have declared none\n"
        }
        var table = TextTable("NAME", "EXPIRES", "VALUE")
        for value in values {
            table.add(value.name, value.expires.map(PointInTime.text) ?? "never", Self.read(value.value).map(\.text) ?? Self.unreadable)
        }
        for state in unset {
            table.add(state.name, "", "not set, of type \(state.typename)")
        }
        return table.text(on: terminal)
    }

    func json(of address: Address) -> String {
        let shown = values.map { value in
            JSONText.object([
                ("name", JSONText.quoted(value.name)),
                ("value", Self.read(value.value).map(\.json) ?? "null"),
                ("expires", value.expires.map { JSONText.quoted(PointInTime.text($0)) } ?? "null"),
            ])
        }
        let states = declared.map {
            JSONText.object([("name", JSONText.quoted($0.name)), ("typename", JSONText.quoted($0.typename))])
        }
        return JSONText.object([
            ("address", JSONText.quoted(address.description)), ("values", JSONText.array(shown)), ("declared", JSONText.array(states)),
        ])
    }

    private static let unreadable = "not a value of its type; clear it"

    private static func read(_ value: OpaqueBytes) -> FunctionValue? {
        try? EncodedValue(encoded: value.bytes).decoded()
    }
}
