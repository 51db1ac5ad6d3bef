/// Holds what arrived on a connection to what should have.
enum ReceivedBytes {
    /// How much of a request is prescribed.
    enum Strictness {
        /// Every byte: the transports of the documentation.
        case exact
        /// The request line, the fields that every server needs, and the body: transports of others, which name themselves
        /// and write their fields as they like.
        case meaning
    }

    /// What is wrong with the bytes of one connection.
    /// - Parameter anyOrder: whether the requests may come in any order.
    static func problems(_ received: [UInt8], expected: [CallScript.Exchange], _ strictness: Strictness, anyOrder: Bool) -> [String] {
        if let opening = expected.first, !opening.isWhole {
            return received.starts(with: opening.request)
                ? [] : ["expected bytes that begin with \(show(opening.request))\n    found    \(show(received))"]
        }
        switch strictness {
        case .exact:
            var missing = expected.map(\.request)
            var rest = received[...]
            while let next = missing.firstIndex(where: { rest.starts(with: $0) }), anyOrder || next == 0 {
                rest = rest.dropFirst(missing.remove(at: next).count)
            }
            guard missing.isEmpty, rest.isEmpty else {
                return ["expected \(show(expected.flatMap(\.request)))\n    found    \(show(received))"]
            }
            return []
        case .meaning:
            let found = requests(in: received)
            guard found.count == expected.count else { return ["expected \(expected.count) requests, found \(show(received))"] }
            let wanted = expected.flatMap { requests(in: $0.request) }
            let pairs = anyOrder ? zip(found.sorted { $0.line < $1.line }, wanted.sorted { $0.line < $1.line }) : zip(found, wanted)
            return pairs.flatMap { differences(of: $0, from: $1) }
        }
    }

    private struct Request {
        var line: String
        var fields: [String: String]
        var body: [UInt8]
    }

    private static let neededFields = ["host", "content-type", "content-length"]

    private static func differences(of found: Request, from expected: Request) -> [String] {
        var problems: [String] = []
        if found.line != expected.line {
            problems.append("the request line:\n    expected \(expected.line.shown)\n    found    \(found.line.shown)")
        }
        for name in neededFields where found.fields[name] != expected.fields[name] {
            let value = found.fields[name].map(\.shown) ?? "nothing"
            problems.append("the field \(name):\n    expected \(expected.fields[name, default: ""].shown)\n    found    \(value)")
        }
        if found.body != expected.body {
            problems.append("the body:\n    expected \(show(expected.body))\n    found    \(show(found.body))")
        }
        return problems
    }

    /// Takes bytes apart into requests; what is no complete request at the end becomes one as it is.
    private static func requests(in bytes: [UInt8]) -> [Request] {
        var requests: [Request] = []
        var rest = bytes[...]
        while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            var fields: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                fields[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
            }
            let length = fields["content-length"].flatMap { Int($0) } ?? 0
            let body = rest[end.upperBound...].prefix(length)
            requests.append(Request(line: lines.first.map(String.init) ?? "", fields: fields, body: Array(body)))
            rest = rest[body.endIndex...]
        }
        if !rest.isEmpty {
            requests.append(Request(line: String(decoding: rest, as: UTF8.self), fields: [:], body: []))
        }
        return requests
    }

    private static func show(_ bytes: [UInt8]) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).shown
    }
}
