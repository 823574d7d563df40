// What does the page between an identity provider and this service do? It sends itself on.

document.getElementById("onward")?.submit();
