import RequestReply

extension StatefulFunction {
    /// Adds every `int` or `long` that it is sent, and tells whoever sent it the sum.
    static let counter = StatefulFunction(
        typename: "com.example/counter",
        states: [State(name: "count", type: .long)]
    ) { context, argument in
        let amount: Int64
        switch argument {
        case .int(let value): amount = Int64(value)
        case .long(let value): amount = value
        case .bool, .float, .double, .string, .custom:
            throw FunctionFailure("expected an int or a long, not \(argument.typename)")
        }
        var count = amount
        if case .long(let before) = context["count"] {
            count = before &+ amount
        }
        context["count"] = .long(count)
        if let caller = context.caller {
            context.send(.long(count), to: caller)
        }
    }
}
