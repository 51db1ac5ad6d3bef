extension RawServer {
    /// What to do next on a connection.
    ///
    /// The first step begins when the connection stands; with TLS, when the handshake is over. After its last step a connection
    /// stays open until the client closes it.
    public enum Step: Sendable, Equatable {
        // MARK: Taking

        /// Waits for one more complete HTTP/1.1 request: a head, and as many bytes as its `content-length` says.
        case readRequest
        /// Waits for that many more bytes.
        case readBytes(Int)
        /// Waits for that many more bytes and takes no more than `bytes`, rounded up to a power of two, from the socket in each
        /// period.
        case readSlowly(Int, bytes: Int, every: Duration)
        /// Waits for one more complete TLS record, such as a ClientHello, where the server itself speaks no TLS.
        case readTLSRecord
        /// Takes nothing from the socket any more. How much a client can send then is up to the buffers of the system; those
        /// of the server are small.
        case stopReading

        // MARK: Sending

        /// Sends bytes, and waits until the system took them.
        case send([UInt8])
        /// Sends a byte in each period, each in a write of its own; 0 means as fast as possible.
        case sendSlowly([UInt8], every: Duration)

        // MARK: Time

        /// Lets time pass.
        case pause(Duration)
        /// Waits until the gate is open.
        case wait(Gate)
        /// Opens the gate: the script has come to here.
        case reached(Gate)

        // MARK: Ending

        /// Ends our side only: the client sees an end, and can go on sending.
        case halfClose
        /// Closes the connection in order.
        case close
        /// Closes the connection in order, but without the farewell of TLS.
        case closeSocket
        /// Closes the connection without a farewell, as a crashed peer does.
        case reset

        public static func send(_ text: String) -> Step { .send(Array(text.utf8)) }

        public static func sendSlowly(_ text: String, every period: Duration) -> Step { .sendSlowly(Array(text.utf8), every: period) }

        /// Whether this step leaves bytes in the socket that it could take.
        var holdsBack: Bool {
            switch self {
            case .stopReading, .readSlowly: true
            case .readRequest, .readBytes, .readTLSRecord, .send, .sendSlowly, .pause, .wait, .reached, .halfClose, .close,
                .closeSocket, .reset:
                false
            }
        }
    }
}
