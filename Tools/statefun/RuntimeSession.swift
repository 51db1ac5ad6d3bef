import ArgumentParser
import HTTPFunctionEndpoint
import LocalRuntime
import Logging
import NIOCore
import PlaygroundIO
import RuntimeCore
import SQLiteStateStore
import TransportCore
import TypeName

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The runtime of an application: the one that runs, or where none does, what it has left behind.
struct RuntimeSession {
    /// What was asked for has been done here, and cannot be stored.
    struct Unstored: Error {
        let failure: StoreFailure
    }

    private enum Event: Sendable {
        case answered([UInt8])
        case failed(StoreFailure)
    }

    private enum Place {
        case running(any RequestReplyClient, any RequestReplyClientFactory)
        case stopped(LocalRuntime, DataDirectory, AsyncStream<Event>, AsyncStream<Event>.Continuation)
    }

    private let place: Place

    /// Whether functions are called.
    var isRunning: Bool {
        switch place {
        case .running: true
        case .stopped: false
        }
    }

    /// Prints why a command ends.
    static func failed(_ reason: String) -> ExitCode {
        let terminal = Terminal.standardError
        terminal.write("\(terminal.paint("error", .failure)): \(reason)\n")
        return .failure
    }

    init(_ options: RuntimeOptions) async throws {
        let path = options.data.path(for: options.file)
        if let holder = DataDirectory.holder(of: path) {
            place = try Self.running(holder)
        } else {
            place = try await Self.stopped(path, options)
        }
    }

    func close() async {
        switch place {
        case .running(_, let transport): await transport.shutdown(drainingFor: .zero)
        case .stopped(let runtime, _, _, _): await runtime.stop(drainingFor: .zero)
        }
    }

    /// - Returns: no answer that refuses; the command ends with it.
    func ask(_ request: RuntimeRequest) async throws -> RuntimeAnswer {
        let bytes = try await exchange(try request.encoded())
        guard let answer = try? RuntimeAnswer(decoding: bytes) else {
            throw Self.failed("the runtime answers what this program does not understand; use the 'statefun' of the same version")
        }
        if case .refused(let reason) = answer { throw Self.failed(reason) }
        return answer
    }

    private func exchange(_ request: [UInt8]) async throws -> [UInt8] {
        switch place {
        case .running(let client, _):
            do throws(RequestReplyFailure) {
                let answer = try await client.call(RequestReplyRequest(functionType: "", id: "", payload: ByteBuffer(bytes: request)))
                return Array(answer.readableBytesView)
            } catch {
                throw Self.failed("the application that runs gives no answer: \(error.message)")
            }
        case .stopped(let runtime, _, let events, let continuation):
            Task { continuation.yield(.answered(await runtime.administration.answer(request))) }
            for await event in events {
                switch event {
                case .answered(let answer): return answer
                case .failed(let failure): throw Unstored(failure: failure)
                }
            }
            return []
        }
    }

    // MARK: Opening

    private static func running(_ holder: DataDirectory.Holder) throws -> Place {
        let transport: any RequestReplyClientFactory = StandardTransports(threads: 1).async
        let path = holder.controlSocket.utf8.map { byte in
            let isPlain = byte >= 0x80 || Unicode.Scalar(byte).properties.isAlphabetic || "0123456789-._~/".utf8.contains(byte)
            return isPlain ? [byte] : Array("%".utf8) + Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
        }
        let client: any RequestReplyClient
        do {
            let url = try EndpointURL(parsing: "http+unix://\(String(decoding: path.joined(), as: UTF8.self))/control")
            client = try transport.makeClient(properties, endpoint: url, metrics: NoMetrics())
        } catch {
            throw failed("process \(holder.processID) cannot be asked at \(holder.controlSocket): \(error)")
        }
        return .running(client, transport)
    }

    /// One attempt: what is asked for may have been done although the answer is lost. Whoever changes state waits for the end of
    /// a call in flight.
    private static var properties: TransportProperties {
        let position = SourcePosition(line: 1, column: 1)
        func entry(_ key: String, _ value: SpecNode.Content) -> SpecNode.Entry {
            SpecNode.Entry(key: key, keyPosition: position, value: SpecNode(value, at: position))
        }
        let entries = [
            entry("call", .scalar("5 min")), entry("payload_max_bytes", .scalar("\(Int32.max)")),
            entry("retry", .mapping([entry("first_pause", .scalar("10 min")), entry("max_pause", .scalar("10 min"))])),
        ]
        return TransportProperties(file: "", node: SpecNode(.mapping(entries), at: position))
    }

    private static func stopped(_ path: String, _ options: RuntimeOptions) async throws -> Place {
        guard access("\(path)/statefun.db", F_OK) == 0 else {
            throw failed("there is no data in \(path); start the application with 'statefun run', or name its folder with --data-dir")
        }
        let transports = StandardTransports(threads: 1)
        let module = try options.common.loadForUse(options.file, transports: transports)
        let logger = Logger(label: "statefun.runtime")
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        do throws(StoreFailure) {
            let directory = try DataDirectory(path: path)
            let runtime = LocalRuntime(
                module,
                transports: transports.registry,
                store: try SQLiteStateStore(path: directory.storePath),
                egresses: RunComponents(module, skipsUnsupported: true).egresses.map { PlaygroundEgress($0, logger: logger) },
                configuration: LocalRuntime.Configuration(logger: logger) { event in
                    if case .storeFailed(let failure) = event {
                        continuation.yield(.failed(failure))
                    }
                }
            )
            try await runtime.open()
            return .stopped(runtime, directory, events, continuation)
        } catch {
            throw failed(error.message)
        }
    }
}

extension RuntimeAddress {
    init(_ address: Address) {
        self.init(functionType: address.typeName.description, id: address.id)
    }
}
