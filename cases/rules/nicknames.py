"""What else may somebody of this first name be called? A small table of common knowledge.

One line for each full name: its spellings, then what it is shortened to. All in plain lower case
letters, without accents; whoever looks up brings names into that form first.
"""

from collections import defaultdict
from collections.abc import Mapping

_TABLE = """
abigail abbigail: abby abbie abbey gail
abraham abram: abe bram
adelaide adeline adelina: addie addy adela della
agnes: aggie nessie
albert alberto: al bert bertie beto
alejandro: alex ale jandro
alejandra: alex ale jandra
alexander aleksander aleksandr oleksandr: alex al xander sasha sanya alec alek sandy olek
alexandra aleksandra oleksandra: alex lexi lexie lexa sandra sasha sandy allie ally
alexis: alex lexi lexie lex
alfred alfredo: al fred freddy alf fredo
alice alicia: ali allie ally
allison alison alyson: ali allie ally
amanda: mandy manda
amelia emelia: amy millie mia
anastasia: stacy ana nastya stasia
andrea: andi andie drea
andrew andre andrei andrey andres: andy drew dre andi
angela angelina: angie ange angel lina
anita: ann nita
ann anna anne ana hannah: annie nan nancy anya ania
antoinette: toni nettie
anthony antonio anton antoine: tony toni ant tono nino
araceli: celi ara
arthur arturo: art artie turo
augustus august augustine agustin: gus augie
barbara: barb babs barbie basia
bartholomew: bart
beatrice beatriz beatrix: bea bee trixie betty
benjamin benjamen: ben benji benny benjy jamin
bernard bernardo: bernie barney nardo
bernadette: bernie detta
bradley: brad
brandon: bran
brenda: bren
brian bryan: bri
bridget brigid: bridie biddy
brittany britney brittney: britt brit
caleb: cale cal
calvin: cal vinny
cameron: cam cammie
carlos: carlitos lito
carolina caroline carolyn: carol carrie caro lina lynn
cassandra kassandra: cassie cass sandra kassie
cecilia cecelia: ceci cece celia cissy
charles carl: charlie chuck chas chip charley
charlotte: charlie lottie char lotte
cheyenne: chey
christian kristian cristian: chris kris cris
christina christine kristina kristine cristina krystyna: chris chrissy christy kris kristy tina
christina cristina: krissy cristi crissy
christopher kristopher cristopher: chris kris topher kit cris
clarence: clare
clifford clifton: cliff
consuelo: chelo connie
constance: connie
cornelius: neil corny
cynthia: cindy cyndi
daniel danil daniil: dan danny dani danya
daniela daniella danielle: dani danny ella
david: dave davey davy
deborah debra: deb debbie debby
delilah: lila dee
demetrius dmitri dmitry dimitri: dima mitya dee meech
denise: dee niecy
dennis denis: denny den
diana diane dianne: di dee
dolores: lola loli dee
dominic dominick domingo: dom nick nicky mingo
donald: don donnie donny
dorothy dorothea: dot dottie dolly dora
douglas: doug dougie
edgar: ed eddie
edmund edmond: ed eddie ned
eduardo: eddie lalo edu
edward: ed eddie ned ted teddy eddy
edwin: ed eddie win
eleanor elena eleonora: ellie nell nellie nora ella lena
elijah elias: eli lij
elizabeth elisabeth elizabet: liz lizzie beth betsy betty eliza libby lisa bess lizzy liza ellie
ella: ellie el
ellen helen helena: ellie nell nellie lena
emiliano emilio: emi milo
emily emilia emma: em emmy millie emi
emmanuel emanuel: manny manu
enrique: kike quique rick ricky
eric erik erick: rick ricky
ernest ernesto: ernie neto
esmeralda: esme mera
esperanza: espe pera
estefania: stefi fani
esther ester: essie hettie
eugene evgeny yevgeny: gene zhenya
eugenia: genie jenny
evelyn: eve evie lyn
ezekiel: zeke
felicia: fee licia
fernando: nando fer
florence florencia: flo flossie flor
fiona: fi fifi
frances francesca: fran frannie franny francie
francis francisco franklin frank: frank frankie paco pancho fran cisco kiko
frederick fredrick federico: fred freddie freddy fede rico
gabriel gabriela gabrielle gabriella: gabe gabby gaby gabi brielle
geoffrey jeffrey jeffery: geoff jeff
gerald jerald gerardo: gerry jerry lalo
gertrude: gert gertie trudy
gilbert gilberto: gil bert beto
giovanni giovanna: gio vanni
graciela: chela gracie
grace: gracie
gregory gregorio grigory: greg gregg goyo grisha
guadalupe: lupe lupita
guillermo: memo guille
gustavo: gus tavo
gwendolyn gwendoline: gwen wendy
harold: hal harry
harriet: hattie
henry: hank harry hal
hector: tito
herbert heriberto: herb bert beto
howard: howie
hugh hugo: hughie huey
ibrahim: ibra brahim abe
ignacio: nacho iggy
imani: mani
isaac isaak: ike zac
isabel isabella isabelle isobel: bella izzy belle isa bel chavela
isaiah: zay ike izzy
ivan: vanya
jackson jaxon: jack jax
jacob jakob: jake jay coby
jacqueline jaqueline: jackie jacqui
jamal: mal jay
james jaime: jim jimmy jamie jimbo
janet janice jane: jan janie jenny
jasmine jazmine jasmin yasmin: jaz jas jazzy jazz minnie
javier xavier: javi xavi zay
jedidiah jed: jed
jennifer jenifer: jen jenny jenn jennie
jeremiah jeremy jeremias: jerry jem miah
jermaine: jerm maine
jerome: jerry rome
jessica: jess jessie jessi
jesse: jess
jesus: chuy chucho
joan joanna joanne johanna: jo joanie annie
joaquin: quino
jocelyn: joss joy
john jon: jack johnny jon johnnie jonny
jonathan johnathan jonathon: jon jonny nathan john johnny
jorge george georgy: coque georgie yura
jose: pepe chepe joselito joey
josefina josephine josefa: jo josie fina pepa
joseph josef: joe joey jo jojo
joshua josue: josh
joyce: joy
juan: juanito juancho
judith: judy judi jude
julia juliana julie juliet julianna: jules juli jule
julian julio julius: jules juli
justin: jus
kaitlyn caitlin katelyn kaitlin: kait kaity kate katie cait
karen: kari
katherine catherine kathryn katharine kathleen: kate katie kathy cathy kat kit kitty katy cate kay
katarina ekaterina yekaterina kateryna catalina: kat katya cata katia kate katerina
kenneth: ken kenny
kevin: kev
khadija khadijah: dija
kimberly kimberley: kim kimmy kimber
kristen kirsten kristin: kris kristy kirsty
latasha natasha natalia natalya: tasha nat natalie talia nata
latoya: toya
lawrence laurence lorenzo: larry laurie lencho renzo
laura lauren laurel: laurie lori lolly
lavender lavinia: vinnie vinny
leonard leonardo leonid: leo len lenny
leroy: roy lee
leslie lesley: les
leticia letitia: lety tish letty
lillian lilian liliana lily: lil lilly lily lili
linda: lin lindy
louis luis lewis luiz: lou louie lucho
louisa luisa louise: lou lulu
lucas lukas: luke luc
lucia lucille lucinda lucy: lucy lu cindy lulu
lydia: lyddie liddy
mackenzie mckenzie: mac kenzie kenz
madeline madeleine madelyn: maddie maddy mads
madison maddison: maddie maddy mads
magdalena: maggie lena magda
malik: leek
manuel manuela: manny manolo manu manuelito
marcus marcos mark marc: marc marco marky
margaret margarita marguerite: maggie meg peggy marge margie greta rita daisy margo mags
maria marie mary: mari mia maruja polly molly mae marita masha
mariana marianne: mari nana
maribel: mari bel
marilyn: mari lyn
mariam miriam maryam: mimi miri mari
martin martha marta: marty mattie
marvin: marv
mateo matthew mathew matteo matias: matt matty teo mat
matilda: tilly mattie
maurice mauricio: mo moe reece mau
maximilian maximiliano maxwell maxim: max
megan meghan: meg meggie
melanie: mel lanie
melissa: mel missy lissa
melvin: mel
mercedes: mercy meche sadie
meredith: merry
michael mikhail mikael micheal: mike mikey mick mickey misha micky
michaela mikayla makayla: mickey kayla mik
michelle michele: shelly shell mich
miguel: mike migue miguelito
mildred: millie
mohammed muhammad mohammad mohamed mohamad: mo moe hamada
monica monika: mona moni
monserrat montserrat: montse
moses moises: mo moe
myron: ron
nancy: nan
nathan nathaniel nathanael: nate nat natty nathan than
nevaeh: vay nev
nicholas nicolas nikolai nikolas nicolaus: nick nicky nico niko kolya
nicole nicola nichole: nikki nicky nic nico
nikita: nik
noelle noel: noe
octavia octavio: tavi tavia
oliver: ollie oli
olivia: liv livvy olive ollie livia
oscar: ozzie oz
pamela: pam pammy
patience: pat patty
patricia: pat patty tricia trish patsy tish
patrick patricio: pat paddy rick pato
paul pablo paulo pavel: paulie pablito pasha
paula paulina pauline: pau polly lina
penelope: penny nell
peter pedro piotr pyotr: pete petey pedrito petya
phillip philip felipe: phil pip flip pipe
priscilla: cilla prissy
rachel rachael raquel: rach rae shelly
ramon raymond raymundo: ray mon moncho
randall randolph: randy rand
rashad rashawn: shad shawn
rebecca rebekah rebeca: becky becca beck bekah
regina: gina reggie
reginald: reggie reg
ricardo richard: rick ricky rich richie dick rico cardo
robert roberto: bob bobby rob robbie bert beto robby
roberta: bobbie robbie berta
robin robyn: rob robbie
rodney rodrigo: rod roddy rodri
roger rogelio: rog roge
roland rolando: rollie rolo
ronald ronaldo: ron ronnie ronny
rosa rose rosie: rosie rosita
rosalind rosalyn rosalinda: roz rosie linda
rosario: chayo charo
roxanne roxana: roxy
rudolph rodolfo: rudy rolf fito
russell: russ rusty
ruth: ruthie
ryan: ry
sabrina: bri brina
salvador: sal chava
samantha: sam sammy sammie mantha
samuel samir: sam sammy
santiago: santi chago diego
sarah sara: sadie sally sari
savannah savanna: savy vanna sav
sebastian: seb bas sebas bash
serena: rena
sergei sergey sergio: serge checo seryozha
shaquille shaquan: shaq quan
sharon: shari sherry
shelby: shel
shirley: shirl
sierra cierra: cici
sofia sophia sophie sofiya: sophie sofi soph sonya
solomon: sol
soledad: sole chole
stanley stanislav stanislaw: stan stas
stephanie stefanie: steph stephie stef
stephen steven stefan esteban stepan: steve stevie steph
suleiman suleyman: sul
susan suzanne susanna susana: sue susie suzy suzie sukey
svetlana: sveta lana
sydney sidney: syd sid
sylvia silvia: syl
tabitha: tabby
tamara: tammy tam
tatiana tatyana: tanya tati tania
terence terrence terrance: terry
teresa theresa therese: terry tess tessa tere tessie resa
theodore theodor: ted teddy theo ned
thomas tomas: tom tommy thom tomasito
tiffany: tiff tiffy
timothy timofey: tim timmy
tobias: toby
tyler tyrell tyrese: ty
tyrone: ty
valentina valerie valeria: val vale tina
vanessa: nessa van ness
veronica veronika: ronnie vero roni nika
victor viktor: vic vick vitya
victoria viktoria: vicky tori vicki vika
vincent vicente: vince vinny vin chente
violet violeta: vi lettie
virginia: ginny ginger gina
vladimir volodymyr: vlad vova volodya
wallace walter: wally walt
wilhelmina: mina billie willa
william guillaume: wm will bill billy willie liam willy
winifred: winnie freddie
winston: win
xiomara: xio
yesenia jesenia: yesi
yolanda: yoli
yusuf youssef yousef: joe yusi
zachary zachariah zackary: zach zack zac zak
zoe zoey: zo
"""


def _read(table: str) -> Mapping[str, frozenset[str]]:
    """name → everything else on a line that holds it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in table.strip().splitlines():
        full, short = (side.split() for side in line.split(":"))
        for name in full:
            found[name].update(full, short)
        for name in short:
            found[name].update(full, short)
    return {name: frozenset(others - {name}) for name, others in found.items()}


_ALIKE = _read(_TABLE)
_NOBODY: frozenset[str] = frozenset()


def alike(name: str) -> frozenset[str]:
    """Full names, spellings and short forms that somebody of this first name may go by.

    One step: "bill" gives "william" and "will", not what else those are short for. Empty for a name
    that the table doesn't hold.
    """
    return _ALIKE.get(name, _NOBODY)


def known_names() -> frozenset[str]:
    """Every name the table holds, full and short."""
    return frozenset(_ALIKE)
