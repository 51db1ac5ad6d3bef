import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// An exchange with a server by a client that is not ours.
struct HTTPCall: Sendable {
    let status: Int
    let body: String
    private let response: HTTPURLResponse?

    /// What a field of the answer says; names in any case.
    func field(_ name: String) -> String? { response?.value(forHTTPHeaderField: name) }

    static func put(_ url: String, _ body: String, _ fields: [String: String] = [:]) async throws -> HTTPCall {
        var request = URLRequest(url: try parse(url))
        request.httpMethod = "PUT"
        request.httpBody = Data(body.utf8)
        for (name, value) in fields {
            request.setValue(value, forHTTPHeaderField: name)
        }
        return try await perform(request)
    }

    static func get(_ url: String) async throws -> HTTPCall {
        try await perform(URLRequest(url: try parse(url)))
    }

    private static func parse(_ url: String) throws -> URL {
        guard let parsed = URL(string: url) else { throw URLError(.badURL) }
        return parsed
    }

    private static func perform(_ request: URLRequest) async throws -> HTTPCall {
        let (data, response) = try await URLSession.shared.data(for: request)
        let answer = response as? HTTPURLResponse
        return HTTPCall(status: answer?.statusCode ?? 0, body: String(decoding: data, as: UTF8.self), response: answer)
    }
}
