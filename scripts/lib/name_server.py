"""A name server on loopback that answers every question for an IPv4 address with 127.0.0.1, and any other with nothing."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    question, client = server.recvfrom(4096)
    end = question.index(b"\0", 12) + 5
    address = question[end - 4:end - 2] == b"\0\1"
    header = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if address else b"\0\0") + b"\0\0\0\0"
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if address else b""
    server.sendto(header + question[12:end] + answer, client)
