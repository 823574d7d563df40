"""Which ordinary words are one letter from some name, and no slip of it?"""

from cases.rules.redaction_words import table

# Words that are one letter from some name. A slip of the pen is looked for only beyond these.
COMMON = table(
    """
    about above abuse accept access account accused across action active actual added address
    admit adult advice advised advocacy advocate after again agency agent agree agreed alert
    alive alley allow almost alone along already also although always ambulance amount anger
    angry animal ankle another answer answered anyone apart apartment appear appeared approve
    approved area arena argue arise around arranged arrest arrive arrived aside asked asleep
    aspect assault assigned attached attempt attend attending attorney audio august aware awake
    baby back badge baker balance basement basic basis bath bathroom batter battery beach beard
    beast beaten became because become bedding bedroom been before began begin behind being
    belief believe belong below belt bench beside best better between beyond bible birth bitten
    black blame blank blanket bleed blind block blond blood bloody board body bottle bottom
    bound bowel braid brain branch brand bread break breast breath brick bride brief bright
    bring broad broken brother brought brown bruise bruised bruising brush build building built
    bunch burn burned burner buses cabin cable called caller calls calm camera cameras candy
    canvass caregiver careful carpet carried carrier carry cases cash caught cause cell center
    central certain chain chair chance change changed charge charger charging chart chase chased
    cheap check checked cheek chest chief child children chill choice choose chose church
    citizen city civil civilian claim class clean cleaned clear cleared clerk client clinic
    clock close closed closer closet cloth clothes clothing coach coast coffee cold collar
    collect collected color comes coming common complete completed concern condition consent
    consider considered contact contacted contain content cook cooks copied copies copy corner
    correct could couch cough counsel counselor count county couple course court cousin cover
    covered crack crash crawl cream crime crisis cross crowd crying cried curtain custody daily
    damage danger dark dated dates daughter deal death decide decided deep delay delivery denied
    deny depart department depth desk detail details detective diaper diner dinner direct
    direction dirty disclose disclosed disclosure dispatch dispatched district divided division
    doctor door doubt dozen draft drank drawer drawing drawn dream dress dressed drink drive
    driven driver drives drove drunk duplex during dusty duty each earlier early earth easily
    east easy eaten effort eight either elbow elder elapsed elect eleven email emergency empty
    ended engine enjoy enough enter entered entire entry equal error escape even evening event
    ever every evidence exact exam examined examining except exist exit expect expected expert
    explain explanation extra faced facial facility factor failed faint fair fall fallen false
    family farm farmhouse father fault favor fear feature feed feel feeling feet felt female
    fence fever field fifteen fifth fifty fight figure filed files final finally find fine
    finger finish fire first fixed flash fleet flight floor flow focus folder follow followed
    food force forced forearm foreign forensic forest form former forty forward foster found
    four fourth frame free fresh friend friends from front fruit full fully funny further garage
    garden gather gave general gentle giant girl given glass going good goods grade grand
    grandma grandmother grandfather grant grass gravel gray great green greet grew grief ground
    group grown guard guess guest guide guilty habit hair half hall hallway hammer hand handed
    handle hands happen happened happy hard hardly harm hasty head healed healing health hear
    heard heart heat heavy held help hence here hers hidden high hill himself hire history hold
    holding hole home honest hooded hope hoped horse hospital hotel hotline hour hours house
    household human hundred hungry hunt hunter hurry hurt husband ideal identified idle ignore
    image impact inactive inch incident income index indeed infant infection inform injured
    injury inner inside instead interview into invite island issue item items itself jacket jail
    jeans joint judge juice jumped juvenile keep kept kick kicked kid kids kill kind kissed
    kitchen knee knew knife knock know known label lack lady landlord large larger last late
    later laugh laundry lawn lawns lawyer layer learn leash least leather leave leaves left
    legal lend less lesson letter level license lied life light like line linear lined linen
    linked lips list listed listen little live lived liver lives living loan lobby local locate
    located lock locked locks lodger long longer look looked loose lose loss lost loud lover
    lower lucky lunch lying made mail main major make maker male manager manner many march
    marine mark marked marks marriage married mass match matter maybe meal mean means meant
    measure medal medical medicine meet member memory mental mention merely message messages
    metal middle might mile mind minor minute minutes mirror miss missed missing mixed mobile
    model moment money month monthly moral more morning most motel mother motion motor mount
    mouth move moved movie much music must myself naked name named names narrow nasal near
    nearby nearly neck need needed neighbor neither nerve never news next nice nickname niece
    night nights nine ninth noise none normal north nose note noted notes nothing notice noted
    notified novel number numbers nurse object observe observed obtain obtained occur odor
    offense offer offered office officer often older once ongoing only onset open opened order
    other others ought outer outside over owner pack page paid pain painful paint pair pajama
    pajamas palm panel panic pants paper parent parents parish park parked parking part partner
    party pass passed past path patient patrol pattern pause payment peace pediatrician people
    percent perform perhaps period person personal persons phase phone photo photograph
    photographs photos phrase physical physician piano pick picture piece pillow pinch pink pipe
    place placed places plain plan plane plant plastic plate play played player please plenty
    point pointed police policy polite poor porch position positive possible pound power
    practice pregnant prepare present press pretty prevent price pride priest primary print
    prior priority prison private privately probably problem process produce promise prompt
    proof proper property prosecutor protect protective proud prove provide provided public pull
    pulled punch pupil pure purse push pushed puzzle quart queen quick quickly quiet quietly
    quite quote quoted radio raise raised random range rapid rarely rash rate rather ratio reach
    reached react read reader ready real really rear reason recall recalled receive received
    recent record recorded recording records redness reduce refer reference referral refuse
    refused regard regarding region regular relate related relation relative release relief
    remain remark remove removed rent rented repair repeat replied reply report reported
    reporter reports request require rescue resident respond rest restroom result return
    returned review ribs ride right ring rise risk river road robber rocky roman roof room rooms
    rope rough round route routine ruin rule run running rural rush sad safe safety said same
    sample sandal save scale scan scar scare scared scene school score scratch scream screen
    screw seal search season seat second secret section secure seek seem seemed seen self sell
    send senior sense sent sentence separate series serious serve service seven several severe
    shade shake shall shape share shared sharp sheet shelf shell shelter shift shirt shock shoe
    shoes shoot shop short shot should shoulder shout shove show showed shower shown siblings
    side sight sign signed silent silver similar simple since single sister sitting sixth size
    sketch skill skin sleep sleeping sleeps slept sleeve slide slight slow small smart smell
    smile smoke smooth snack social sofa soft sold solid some someone song soon sorry sort sound
    source south space spare spark speak special speech speed spell spend spent split spoke
    sport spot spring square staff stage stain stair stairs stand standing start started state
    stated statement statements states station stay stayed steal steel step stepfather
    stepbrother stick still stolen stomach stone stood stop stopped store stories storm story
    strange stranger street stress strike strip strong stuck student study stuff stuffed style
    sudden suffer sugar suit summer supper support sure surface swear sweat sweet swell swelling
    swing swollen system table tablet taken takes taking talk talked tape task taste teach
    teacher team tear tears teen teenager teeth tell telling ten tend term test tested than
    thank their them themselves then theory there therefore these they thick thigh thin thing
    things think third thirty this those though thought thousand threat three threw throat
    through throw thumb tight time times tired title today together told tone tongue tonight
    took tools tooth topic total touch touched tough towel tower town trace track trade trail
    train transfer trash travel treat treated tree triage trial tried trip trouble truck true
    trunk trust truth trying turn turned twelve twenty twice type typed uncle under understand
    unit unknown unless until upon upper upset urban urgent urine used usual usually value
    vehicle very victim video view violent vision visit visited visitor voice volume wait waited
    wake walk walked wall want wanted warden ware warm warned warrant wash washed waste watch
    watched water ways weak wear wearing week weekend weekends weeks weight well were west wheel
    when where whether which while white whole whom whose wide widow wife will winter wild
    window wish with within without witness witnesses woman women wonder wood word words wore
    work worked worker works world worn worry worse worst worth would wound wrist wrists write
    written wrong wrote yard year years yell yellow yesterday yield young younger your yours
    youth monday tuesday wednesday thursday friday saturday sunday january february april june
    july september october november december spanish english american mexican missouri kansas
    christian christmas easter suspect suspects caregivers mister missus reference parties
    partial martial marital margin marinate carton carol darker dinner danced career career
    carried carries bigger branded brandon hearty healer heather jersey kernel lauded learned
    mailed manually masked mason melon minted morale murder nation nature normally parson person
    pasta patrick pieces berg patrician sore sores dwell dwells begun savanna
    lull lava rally rumor market harness mart cloves glove gloves hollow
    angle angles
    """
)
