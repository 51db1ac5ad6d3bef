import NIOConcurrencyHelpers
public import NIOCore
public import TransportCore

/// A resolver whose answers the test writes, name by name. It reads URLs as the one of the system does.
public final class ScriptedResolver: SocketAddressResolving {
    public typealias Completion = @Sendable (Result<[SocketAddress], RequestReplyFailure>) -> Void

    /// What it says when it is asked for a name.
    public indirect enum Answer: Sendable {
        case addresses([SocketAddress])
        /// These IP addresses, with the port that the URL has.
        case hosts([String])
        case failure(RequestReplyFailure)
        /// Says so as soon as the gate is open, on the thread that opens it.
        case held(Answer, until: Gate)

        /// Nobody knows the name; a later question may help.
        public static func unknown(_ message: String = "nobody knows that name") -> Answer {
            .failure(RequestReplyFailure(.nameNotResolved, message))
        }
    }

    private struct Name {
        /// What to say next; the last one is said again and again.
        var answers: [Answer] = []
        var askedCount = 0
        var waiting: [(count: Int, gate: Gate)] = []
    }

    private let names: NIOLockedValueBox<[String: Name]>

    /// Begins with these answers. The last answer for a name is repeated; names without one are unknown.
    public init(_ answers: [String: [Answer]] = [:]) {
        names = NIOLockedValueBox(answers.mapValues { Name(answers: $0) })
    }

    /// Has a name answered with `answers` from now on, instead of with what was left.
    public func set(_ name: String, _ answers: Answer...) {
        names.withLockedValue { $0[name, default: Name()].answers = answers }
    }

    /// How often somebody asked for a name.
    public func askedCount(_ name: String) -> Int {
        names.withLockedValue { $0[name]?.askedCount ?? 0 }
    }

    /// Waits until somebody has asked for a name that often.
    /// - Throws: ``WaitedTooLong`` when nobody does.
    public func asked(_ name: String, times count: Int = 1) async throws {
        let gate = Gate()
        names.withLockedValue { names in
            if names[name]?.askedCount ?? 0 >= count {
                gate.open()
            } else {
                names[name, default: Name()].waiting.append((count, gate))
            }
        }
        try await gate.opened("question \(count) for \(name)")
    }

    public func serves(_ scheme: EndpointURL.Scheme) -> Bool { !scheme.isUnix }

    public func route(for url: EndpointURL, tls: TLSSettings?) throws(SpecTextError) -> EndpointRoute {
        EndpointRoute(url, to: .tcp(host: url.host, port: url.port), requestTarget: url.pathAndQuery, tls: tls)
    }

    public func resolve(_ place: Origin.Place, _ completion: @escaping Completion) {
        guard case .tcp(let host, let port) = place else {
            return completion(.failure(RequestReplyFailure(.misconfigured, "\(place) has no host name to resolve")))
        }
        let (answer, gates) = names.withLockedValue { names in
            var name = names[host, default: Name()]
            name.askedCount += 1
            let gates = name.waiting.filter { $0.count <= name.askedCount }.map(\.gate)
            name.waiting.removeAll { $0.count <= name.askedCount }
            let answer = name.answers.count > 1 ? name.answers.removeFirst() : name.answers.first
            names[host] = name
            return (answer ?? .unknown("the test has no address for '\(host)'"), gates)
        }
        for gate in gates {
            gate.open()
        }
        Self.give(answer, port: port, to: completion)
    }

    private static func give(_ answer: Answer, port: Int, to completion: @escaping Completion) {
        switch answer {
        case .addresses(let addresses):
            completion(.success(addresses))
        case .hosts(let hosts):
            do {
                completion(.success(try hosts.map { try SocketAddress(ipAddress: $0, port: port) }))
            } catch {
                completion(.failure(RequestReplyFailure(.misconfigured, "\(error)")))
            }
        case .failure(let failure):
            completion(.failure(failure))
        case .held(let answer, let gate):
            gate.whenOpen { give(answer, port: port, to: completion) }
        }
    }
}
